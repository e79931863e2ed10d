/* SPDX-License-Identifier: Apache-2.0 */
/* pidin: between its parts.  columns.c knows the format letters, reports.c the shorthands that are
 * no columns. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/proc.h"

#define PIDIN_FIELDS_MAX 32
#define PIDIN_TEXT_MAX   4096

/* What one line is about.  thread.tid is 0 on lines of a whole process. */
struct subject {
    int fd;
    procfs_info info;
    procfs_status thread;
};

struct column {
    char letter;
    int width;      /* default; negative: left-aligned; 0: as long as it is */
    bool of_thread; /* one line per thread */
    const char *title;
    void (*print)(const struct subject *subject, char *text, size_t size);
};

struct field {
    const struct column *column;
    int width;
};

/* NULL: no such letter. */
const struct column *column_find(char letter);

/* -p, -P: NULL or the wanted process; prints what a shorthand stands for.  Exit status, or -1: not
 * a report. */
struct selection {
    const char *process; /* pid or name */
    const char *family;  /* the same, with its descendants */
};
bool selection_has(const struct selection *selection, const procfs_info *info);
/* Calls func for every selected process, in order of pid. */
void for_each_process(const struct selection *selection, void (*func)(struct subject *subject));

/* Shorthands that are reports of their own (info, memory, channels ...): the full name. */
bool report_run(const char *name, const struct selection *selection);
const char *const *report_names(void); /* NULL-terminated */
