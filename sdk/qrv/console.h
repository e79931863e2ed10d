/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process (the emulator) whose console we hold: start, expect, send, end. The child dies
 * with us. Output is copied to a file as it comes; carriage returns are dropped before anything is
 * compared.
 */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { CONSOLE_MAX_FORBID = 16 };

struct console {
    pid_t pid;  /* 0: not running (any more) */
    int in_fd;  /* the child's standard input; -1 when closed */
    int out_fd; /* the child's standard output and error; -1 after its end */
    int status; /* wait status, valid when pid is 0 */
    FILE *copy; /* where output is copied to, or NULL */
    struct buf seen;
    size_t matched; /* everything before was consumed by expect */
    const char *forbidden[CONSOLE_MAX_FORBID];
    int forbid_count;
    const char *offence; /* the forbidden text that was seen */
};

enum console_result { CONSOLE_OK, CONSOLE_TIMEOUT, CONSOLE_END, CONSOLE_FORBIDDEN };

long long console_now_ms(void);

/* 0 or -errno. argv[0] is looked up in PATH. */
int console_start(struct console *c, char *const argv[], FILE *copy);

/* Waits until text appears behind what was matched so far. deadline is a console_now_ms() value. */
enum console_result console_expect(struct console *c, const char *text, long long deadline);

/* Reads output until the deadline, the end of the child (CONSOLE_END) or a forbidden text. */
enum console_result console_pump(struct console *c, long long deadline);

/* Takes the next whole line behind matched, without its newline; false when there is none yet. */
bool console_line(struct console *c, struct buf *line);

/* Writes all bytes; false when the child does not take them (it is gone, or stuck until the
 * deadline). */
bool console_send(struct console *c, const char *bytes, size_t len, long long deadline);

/* Ends the child: politely, after two seconds for certain. Returns its exit code, or 128 + signal.
 */
int console_stop(struct console *c);

/* Waits for the child to end by itself; CONSOLE_END when it has. */
enum console_result console_wait(struct console *c, long long deadline);
int console_exit_code(const struct console *c);
void console_free(struct console *c);
