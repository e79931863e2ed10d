/* SPDX-License-Identifier: Apache-2.0 */
/* Ending the machine. */
#pragma once
#include "core/types.h"

void reset_init(paddr_t test_device); /* sifive_test of emulators, 0 none: gives exit codes */
