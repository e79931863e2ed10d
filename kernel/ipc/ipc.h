/* SPDX-License-Identifier: Apache-2.0 */
/* Inside ipc/: the client side of a message seen by the server's calls. */
#pragma once
#include "object/channel.h"
#include "object/process.h"

/* A REPLY-blocked client held for a copy: msg.xfers is raised, so it stays blocked until client_end(). */
struct client {
    struct thread *t; /* held: blocked until client_end() or client_finish(), so it cannot end */
    struct channel *chan;
    uint16_t hold;    /* what this hold adds to msg.xfers */
};
/* In msg.xfers, beside the count of other copies: */
#define XFER_ALONE 0x8000 /* somebody answers the client, nobody else may begin */
#define XFER_FETCH 0x4000 /* its message is on the way to a receiver: nobody has its rcvid yet */
#define DEFERRED_FAIL (WAKE_KILL + 2) /* in msg.deferred: the wait ends, whoever is asked */

/* Finds the REPLY-blocked thread that rcvid names for the process of self, the current thread, and holds it.  alone: no other copy
 * runs, and none may begin: the client is about to be answered.
 * -ESRCH when there is none.  KC_BLOCKED: another copy is in the way, which may have given way (core/preempt.c); self waits until it
 * is over and then makes its call anew: the caller returns this at once and has done nothing yet. */
int64_t client_begin(struct thread *self, int32_t rcvid, bool alone, struct client *c);
/* ch->lock held, a hold of a client of ch is over: who waits for that looks again. */
void client_unstall_locked(struct channel *ch);
/* Ends the hold; a disturbance that came meanwhile is applied. */
void client_end(struct client *c);
/* Ends the hold and the wait: the client's call returns result.  Drops everything. */
void client_finish(struct client *c, int64_t result);

/* Fills info for a client whose channel lock is held, or which is held by client_begin(). */
void msg_info_fill(struct _msg_info *info, const struct thread *client, int64_t msglen);
int32_t msg_rcvid(const struct thread *client);

/* Moves s, just taken off the send queue, to REPLY with one transfer running.  ch->lock held. */
void send_to_reply_locked(struct channel *ch, struct thread *s);
/* The channel's own unblock pulse is free: it goes to the next client that waits for it.  ch->lock held. */
void unblock_pay_locked(struct channel *ch);
extern const struct wait_ops send_ops, reply_ops, receive_ops;
/* Applies what disturbed s during its transfer.  ch->lock held, xfers has dropped to 0. */
void reply_apply_deferred_locked(struct channel *ch, struct thread *s);
/* Continuation of a receiver that was given a message: fetches it. */
void receive_fetch(struct thread *t);

/* The whole call in every case; ipc/quick.c is tried first. */
int64_t send_any(struct thread *t, const uint64_t a[6]);
int64_t receive_any(struct thread *t, const uint64_t a[6]);
int64_t reply_any(struct thread *t, const uint64_t a[6]);
