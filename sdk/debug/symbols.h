/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the build machine that belong to what runs on the target. Heap strings. */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>

/* A build ID as text; "" when the bytes have none. */
char *symbols_id(const struct buf *file);
char *symbols_id_of(const char *path);

/*
 * The file of that name that is a program for the target: below the current directory, then in the
 * sysroot. With an ID only one that has it; *other (or NULL) is then the first that has another.
 */
char *symbols_find(const char *name, const char *id, char **other);

/* Shared libraries of the program, and theirs, that lie in its build tree: paths, each with its NUL. */
void symbols_libraries(const char *program, struct buf *list);

/* 0, or an exit code after a message: it is no program for the target. */
int symbols_check(const char *program);
