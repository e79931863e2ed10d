/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start script of an image: plain text that the target's sysinit interprets line by line.
 * Checked here, so that a slip is found on the build machine and not in the field. Form of a line:
 *
 *     [pri=10r argv0=name +session] [NAME=value]... command arguments... [&]
 *     NAME=value                          for all following commands
 *     display_msg text | procmgr_symlink path link | waitfor path [seconds] | reopen [path]
 *
 * Words are separated by blanks; "..." and '...' keep blanks; # begins a comment. It is not a
 * shell: no pipes, redirections or lists. "reopen" makes path (default /dev/console) standard
 * input, output and error.
 */
#pragma once

#include "buildfile.h"

/* text begins on line first_line of the build file. 0, or -1 with the problem set. */
int script_check(const char *text, size_t len, unsigned first_line, struct problem *p);
