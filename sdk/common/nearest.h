/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Finds the word that was probably meant by a mistyped one. Feed every candidate to
 * nearest_offer(); best is the closest so far, or NULL while none is close enough to be worth a
 * suggestion.
 */
struct nearest {
    const char *typed;
    const char *best;
    unsigned distance;
};

void nearest_offer(struct nearest *n, const char *candidate);
