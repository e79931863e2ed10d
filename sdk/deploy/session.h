/* SPDX-License-Identifier: Apache-2.0 */
/* A connection to deployd that is made again when it breaks, until the patience is over. */
#pragma once

#include "client.h"

enum outcome {
    ALL_DONE,
    BROKEN, /* the connection: once more */
    AGAIN,  /* the file changed meanwhile: once more, at once, three times at most */
    FAILED  /* and the user has been told */
};

struct session {
    const struct target *target;
    long patience_s;
    long answer_s;  /* how long the target may say nothing; 0: ANSWER_S */
    long silence_s; /* the same, with what it has to read meanwhile */
    int fd;          /* -1: none */
    unsigned breaks; /* of the work that runs */
    uint32_t expected; /* an errno of the target that is no surprise: FAILED without a message; then */
    bool was_expected; /* that was it */
    char busy[180];    /* what it said when it was busy, or that it said nothing; "": neither */
    uint64_t moved;  /* bytes of content, in that; progress is a reason for more patience */
    struct message m;
};

/* Runs once() until it is done or failed. what: for messages. 0, or an exit code after a message. */
int session_run(struct session *s, const char *what, enum outcome (*once)(struct session *, void *),
                void *arg);
void session_close(struct session *s);

/* For once(). The target will have to read so many bytes before it answers. */
void session_reads(struct session *s, uint64_t bytes);
/* Sending or receiving has failed just now, by errno: BROKEN. */
enum outcome session_broken(struct session *s);
/* The next message is in m; an error of the target is told to the user. */
enum outcome session_next(struct session *s, const char *what);
/* Head and path in one message. */
bool session_ask(struct session *s, uint8_t type, const void *head, size_t n, const char *path);
