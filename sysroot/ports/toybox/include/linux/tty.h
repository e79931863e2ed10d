/* SPDX-License-Identifier: Apache-2.0 */
/* toybox's stty includes this for the count of line disciplines: with us there is one. */
#pragma once
#define NR_LDISCS 1
