/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: long options with "--name value" or "--name=value", short flags, "--" ends them.
 */
#pragma once

#include <stdbool.h>

struct option_spec {
    const char *name;   /* with its dashes */
    bool *flag;         /* set to true, or */
    const char **value; /* the last value given, or */
    const char ***list; /* every value, NULL-terminated, on the heap */
};

/*
 * Parses argv[1..argc-1] and moves what is no option to the front of argv, behind argv[0]. Returns
 * how many such operands there are, or -1 after a message. specs ends with a NULL name. *rest (may
 * be NULL) becomes the index behind a "--" in argv, or argc; without rest, operands may follow
 * "--". An unknown option gets the nearest known one as a suggestion. "--list-options" prints the
 * names of all options, one a line, and ends the program: completion scripts and tests live on it.
 */
int options_parse(int argc, char **argv, const struct option_spec *specs, int *rest);

/* A decimal number between min and max; false after a message that names the option. */
bool option_number(const char *name, const char *text, long min, long max, long *out);
