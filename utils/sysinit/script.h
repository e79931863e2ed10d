/* SPDX-License-Identifier: Apache-2.0 */
/* One line of a start script, taken apart.  Pure: no system calls, no allocation, any bytes may
 * come.
 *
 *     [pri=10r argv0=name +session] [NAME=value]... command arguments... [&]
 *     NAME=value                          for all following commands
 *     display_msg text | procmgr_symlink path link | waitfor path [seconds] | reopen [path]
 *
 * Words are separated by blanks; "..." and '...' keep blanks; # begins a comment.  It is not a
 * shell. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define SCRIPT_LINE_MAX  1023
#define SCRIPT_WORDS_MAX 64

struct script_line {
    int priority; /* 0: not given */
    char policy;  /* 'r', 'f', 'o'; 0 not given */
    bool session;
    bool background; /* trailing & */
    const char *argv0;
    char *assign[SCRIPT_WORDS_MAX + 1]; /* NAME=value in front of the command, NULL-terminated */
    char
        *argv[SCRIPT_WORDS_MAX + 1]; /* NULL-terminated; argv[0] == NULL: no command on this line */
    unsigned assigns, argc;
    char error[120];                       /* what is wrong with the line; "" nothing */
    char storage[2 * SCRIPT_LINE_MAX + 2]; /* the words */
};

/* Fills line from len bytes without the newline.  false: line->error says why. */
bool script_parse(const char *text, size_t len, struct script_line *line);
/* Seconds as in "waitfor path 2.5", in milliseconds; -1 not a number. */
long script_milliseconds(const char *text);
