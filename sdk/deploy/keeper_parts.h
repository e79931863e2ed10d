/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the keeper share: keeper.c has the line and the loop, guests.c those who use it. One thread. */
#pragma once

#include "../../services/mux/mux.h"
#include "../common/buf.h"
#include "keeper.h"
#include "words.h"

#include <poll.h>

enum {
    GUESTS = 16,
    PORTS = 8,
    SILENT_MS = 30000, /* patience with a line that did answer */
    RETRY_MS = 50
};

enum guest_state { NOBODY, ASKING, WAITING, OPENING, TALKING, GONE, LEAVING };

struct guest {
    enum guest_state state;
    int fd;         /* -1 when GONE */
    bool is_quiet;  /* wants no "ok": a TCP port */
    char want[64];  /* name of the channel */
    int channel;    /* -1: none yet */
    struct buf in;  /* for the target */
    struct buf out; /* for the guest */
    uint64_t since_ms, retry_ms;
};

struct keeper {
    struct target target;
    const struct keeper_options *options;
    struct mux mux;
    struct guest guests[GUESTS];
    struct words words;
    char *panic_file; /* while the target has not answered since: its report */
    int line, listener, ports[PORTS];
    bool line_blocked;
    uint64_t now, lost_ms, silent_ms, busy_ms, spoke_ms;
    char reason[300]; /* why the last guests were sent away */
    bool stop;
};
extern struct keeper keeper;

extern const struct mux_ops guests_mux_ops; /* the other side of the multiplexer's channels; keeper_plain() is its plain() */
void keeper_plain(void *owner, uint8_t byte, bool junk);

void guests_init(void);
/* Somebody has connected: to the socket, or (channel given) to a port that is that channel. */
void guests_add(int fd, const char *channel);
size_t guests_poll(struct pollfd *list); /* what to wait for; how many entries */
void guests_serve(const struct pollfd *p); /* one of these is ready */
bool guests_look(void); /* time has passed; are there any? */
void guests_send_all_away(const char *why);
