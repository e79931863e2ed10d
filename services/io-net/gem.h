/* SPDX-License-Identifier: Apache-2.0 */
/* The Cadence Gigabit Ethernet MAC (GEM): the board's Ethernet of HiFive Unmatched and Unleashed. */
#pragma once
#include "sock.h"

/* Adds an interface for each one in the device tree; returns how many.  coid: a connection to the dispatch's
 * channel. */
int gem_start(dispatch_t *dpp, int coid);
