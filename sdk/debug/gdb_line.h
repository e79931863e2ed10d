/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of GDB for a session with qdebug. */
#pragma once

#include "../common/buf.h"
#include "agent.h"

#include <stdbool.h>

struct gdb_session {
    const char *gdb;          /* NULL: that of the SDK */
    const struct place *place;
    const char *program;      /* the file with the symbols; NULL: none */
    const struct buf *libraries; /* of its build tree: paths, each with its NUL */
    long pid;                 /* to attach to; 0: the program is started */
    const char *remote_path;  /* of the program on the target, when it is started */
    bool is_started, is_batch, is_nonstop;
    char *const *own;         /* words of the user for GDB, as they are; NULL-terminated */
    char *const *arguments;   /* of the program; NULL-terminated */
};

/* NULL after a message: there is no GDB. Free with machine_argv_free(). */
char **gdb_line(const struct gdb_session *s);
