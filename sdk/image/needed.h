/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the shared libraries into an image that its programs need and its build file does not name.
 */
#pragma once

#include "collect.h"

/*
 * Looks at every program and library of a, also at those it adds, and takes what is missing from
 * options->search to the top directory of the image, where LD_LIBRARY_PATH=/proc/boot finds it. 0,
 * or -1 with the problem set when a library is nowhere.
 */
int add_needed(struct archive *a, const struct collect_options *options, struct problem *p);
