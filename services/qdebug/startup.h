/* SPDX-License-Identifier: Apache-2.0 */
/* What programs are started with: the agent's environment and directory, but for what GDB has changed. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct startup {
    char **environment; /* NULL: the agent's; otherwise a copy, ended by NULL */
    char *directory;    /* NULL: the agent's */
    bool is_fixed;      /* at the same addresses each time */
};

/* All of these: 0 or an errno. */
int startup_set(struct startup *s, const char *assignment); /* NAME=VALUE */
int startup_unset(struct startup *s, const char *name);
int startup_directory(struct startup *s, const char *path); /* empty: the agent's again */
void startup_reset_environment(struct startup *s);
void startup_end(struct startup *s);
/* Held: it executes nothing before it gets SIGCONT. */
int startup_spawn(const struct startup *s, char *const argv[], pid_t *pid);
