/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets that qrv talks to, from one small file:
 *
 *     # comment
 *     [board]
 *     line = /dev/ttyUSB0
 *     speed = 115200
 *
 *     [lab]
 *     line = tcp:board7.example.com
 *
 * A line is a serial device, or unix:PATH (an emulator's serial line), or serial:HOST:PORT (a terminal
 * server's); or tcp:HOST[:PORT], the deployd of a target on the network, without a line; or ssh:[USER@]HOST[:PORT], a deployd that its
 * SSH server starts.
 * Paths that do not begin with / are taken from the directory of the file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct target {
    char *name;
    char *line;
    long speed; /* 0: as the device is */
};

struct targets {
    struct target *list;
    size_t count;
};

/* Parses the text of a file; false: *line_number and *why say what is wrong with it. */
bool targets_parse(const char *text, size_t len, struct targets *t, unsigned *line_number,
                   const char **why);
/* Is it reached over the network? Then there is no line to hold, no keeper and no channels. */
bool target_is_network(const struct target *t);
bool target_is_ssh(const struct target *t);
void targets_free(struct targets *t);

/* name NULL: the first of the file; with a slash or colon: a line, no file is read. 0, or an exit
 * code after a message. */
int target_find(const char *name, struct target *found);
/* Is there a file of targets for this directory? */
bool targets_are_known(void);
