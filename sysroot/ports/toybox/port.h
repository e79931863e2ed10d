/* SPDX-License-Identifier: Apache-2.0 */
/* Included before every toybox source. toybox knows three families of systems and stops at any other.
 * Ours answers like the first of them wherever it asks (musl's headers, device number layout); the few
 * Linux-only calls behind the same macro are tried at run time and have fall-backs for ENOSYS. */
#pragma once
#define __linux__ 1
