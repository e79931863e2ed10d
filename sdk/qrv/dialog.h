/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console scripts of qrv run: what to wait for and what to type. One statement per line, #
 * comments:
 *
 *     timeout SECONDS    for the following expects (default 30)
 *     expect TEXT        wait until TEXT appears
 *     forbid TEXT        fail as soon as TEXT appears from now on, in small or capital letters
 *     send TEXT          type TEXT and Enter
 *     type TEXT          type TEXT without Enter
 *     sleep SECONDS
 *     wait               until the machine goes off by itself; its exit code is the result
 *     quit [CODE]        end the emulator, result CODE (default 0)
 *
 * TEXT goes to the end of the line; \r \n \t \\ \s (blank) and \xNN are understood. At the end of
 * the script the emulator is ended with result 0.
 */
#pragma once

#include "console.h"

enum dialog_verb {
    DLG_TIMEOUT,
    DLG_EXPECT,
    DLG_FORBID,
    DLG_SEND,
    DLG_TYPE,
    DLG_SLEEP,
    DLG_WAIT,
    DLG_QUIT
};

struct step {
    enum dialog_verb verb;
    char *text;    /* with escapes replaced */
    double number; /* seconds or code */
    unsigned line;
};

struct dialog {
    struct step *steps;
    size_t count;
};

/* 0, or -1 with *line and *why (static text) set. */
int dialog_parse(struct dialog *d, const char *text, size_t len, unsigned *line, const char **why);
void dialog_free(struct dialog *d);

/*
 * Plays the script. Returns the exit code of qrv run; failures are explained on stderr with
 * name:line. deadline bounds everything (a console_now_ms() value).
 */
int dialog_play(const struct dialog *d, const char *name, struct console *c, long long deadline);
