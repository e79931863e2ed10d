/* SPDX-License-Identifier: Apache-2.0 */
/* Class for the devctl()s of private drivers: start at command 0. */
#pragma once
#include <devctl.h>
