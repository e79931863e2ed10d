/* SPDX-License-Identifier: Apache-2.0 */
/* struct sigevent, siginfo_t, union sigval. */
#pragma once
#include <signal.h>
