/* SPDX-License-Identifier: Apache-2.0 */
/* STATE_*: what a thread is doing. */
#pragma once
#include <abi/thread.h>
