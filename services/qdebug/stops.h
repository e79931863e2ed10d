/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB knows of each thread in non-stop mode.  Pure: no I/O, tested on the build machine (services/qdebug/test).
 *
 * A thread without a record runs, and GDB knows that it does.  The others go round: ASKED or GOES, DUE when they have stopped, SENT when GDB
 * was told, KNOWN when GDB has confirmed, and from there GOES or no record again.  Until it has confirmed, GDB takes the
 * thread for a running one, so that what it asks of running threads must not move it.
 * Followed: "GDB Remote Serial Protocol", sections "Packets" (vCont), "Notification Packets" and "Remote Protocol Support for Non-Stop Mode". */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stop_state {
    STOP_GOES,  /* it steps */
    STOP_ASKED, /* it was told to stop and may not have done so */
    STOP_DUE,   /* it has stopped: GDB is to be told */
    STOP_SENT,
    STOP_KNOWN,
};

struct stop {
    int32_t pid, tid;
    enum stop_state state;
    int signo;         /* of the target: what it stopped with, or is to go with */
    bool is_own;       /* DUE: by a fault or a signal, nobody asked for it */
    char what;         /* GOES: 's', or 'r' while it is in from..to */
    uint64_t from, to;
};

struct stops {
    struct stop *all;
    size_t count, room;
};

struct stop *stops_find(const struct stops *s, int32_t pid, int32_t tid); /* NULL: it runs */
/* Its record, a new one if there is none; NULL: no memory, and nothing has changed. */
struct stop *stops_set(struct stops *s, int32_t pid, int32_t tid, enum stop_state state, int signo);
void stops_remove(struct stops *s, struct stop *e);   /* the order of the others stays */
void stops_forget(struct stops *s, int32_t pid);      /* of the whole process; 0: everything, and the memory */
struct stop *stops_due(const struct stops *s);        /* the first that is DUE, NULL none */
void stops_confirm(struct stops *s);                  /* GDB has what was SENT */
void stops_repeat(struct stops *s);                   /* GDB asks from the beginning: all that stand still are DUE */
bool stops_is_still(const struct stop *e);            /* DUE or later; e may be NULL */
