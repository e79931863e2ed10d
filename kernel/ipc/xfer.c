/* SPDX-License-Identifier: Apache-2.0 */
/* Moving message bytes between two address spaces, piece by piece.  No lock is held. */
#include "ipc/xfer.h"
#include <abi/limits.h>
#include "core/preempt.h"
#include "mm/mm.h"
#include "object/thread.h"

#define PIECE_WORK 1024 /* what a piece of a message costs beside its bytes: as much as copying so many */

struct user_iov {
    uint64_t base, len;
};

void msgbuf_init(struct msgbuf *b, struct aspace *as, uint64_t addr, int64_t parts)
{
    b->as = as;
    b->addr = addr;
    b->parts = parts;
    b->index = 0;
    b->cur = addr;
    b->left = parts < 0 ? (uint64_t)-parts : 0;
}

static int read_iov(struct aspace *as, uint64_t array, uint64_t index, struct user_iov *iov)
{
    struct uaddr at = UADDR(array + index * sizeof(*iov));
    return as ? read_aspace(as, iov, at, sizeof(*iov)) : copy_from_user(iov, at, sizeof(*iov));
}

int64_t msgbuf_total_parts(uint64_t addr, int64_t parts)
{
    if (parts < 0)
        return -EOVERFLOW;
    if (parts > QRV_IOV_MAX)
        return -EINVAL;
    uint64_t sum = 0;
    struct pace p = { 0 };
    for (int64_t i = 0; i < parts; i++) {
        pace(&p, PACE_STEP / 64);
        struct user_iov iov;
        if (read_iov(NULL, addr, (uint64_t)i, &iov))
            return -EFAULT;
        if (iov.len > INT64_MAX - sum)
            return -EOVERFLOW;
        sum += iov.len;
    }
    return (int64_t)sum;
}

/* Makes left non-zero when bytes remain; 0 at the end of the message. */
static int refill(struct msgbuf *b)
{
    struct pace p = { 0 };
    while (b->left == 0 && b->parts > 0 && b->index < (uint64_t)b->parts) {
        pace(&p, PACE_STEP / 32);
        struct user_iov iov;
        if (read_iov(b->as, b->addr, b->index, &iov))
            return b->as ? COPY_FAULT_OTHER : COPY_FAULT_SELF;
        b->index++;
        b->cur = iov.base;
        b->left = iov.len;
    }
    return b->left != 0;
}

int msgbuf_skip(struct msgbuf *b, uint64_t n)
{
    for (;;) {
        int r = refill(b);
        if (r <= 0 || n == 0)
            return r < 0 ? r : 0;
        uint64_t step = MIN(n, b->left);
        b->cur += step;
        b->left -= step;
        n -= step;
    }
}

static int copy_piece(const struct msgbuf *dst, const struct msgbuf *src, uint64_t n)
{
    if (src->as)
        return copy_from_aspace(UADDR(dst->cur), src->as, UADDR(src->cur), n);
    return copy_to_aspace(dst->as, UADDR(dst->cur), UADDR(src->cur), n);
}

/* A step of the copy is over. */
static bool must_end(void)
{
    preempt_point();
    const struct thread *t = this_hart_anew()->current;
    return (atomic_load_explicit(&t->flags, memory_order_relaxed) & TF_KILL) != 0;
}

/* What is cut off for the next step begins a page of the other side, which is looked up page by page. */
static uint64_t to_page(const struct msgbuf *far, uint64_t n, uint64_t left)
{
    return n < left && n > PAGE_SIZE ? n - (far->cur + n) % PAGE_SIZE : n;
}

int64_t msg_copy(struct msgbuf *dst, struct msgbuf *src, uint64_t max)
{
    uint64_t done = 0, step = 0;
    while (done < max) {
        if (step >= COPY_STEP) {
            step = 0;
            if (must_end())
                return COPY_ENDING;
        }
        int r = refill(dst);
        if (r > 0)
            r = refill(src);
        if (r < 0)
            return r;
        if (r == 0)
            break;
        /* Bytes that do not lie alike in their words cost several times as much. */
        unsigned dear = (dst->cur ^ src->cur) & 7 ? 1 : 0;
        uint64_t n = MIN(MIN(MIN(dst->left, src->left), max - done), (COPY_STEP - step + dear) >> dear);
        n = to_page(src->as ? src : dst, n, max - done);
        r = copy_piece(dst, src, n);
        if (r)
            return r;
        dst->cur += n;
        dst->left -= n;
        src->cur += n;
        src->left -= n;
        done += n;
        step = MIN(step + (n << dear) + PIECE_WORK, COPY_STEP);
    }
    return (int64_t)done;
}

/* The usual message: short, in one piece on either side. */
static bool is_plain(int64_t dparts, int64_t sparts, uint64_t max)
{
    return dparts < 0 && sparts < 0 && max <= COPY_SHORT_MAX;
}

int64_t msg_fetch(uint64_t dst, int64_t dparts, struct aspace *from, uint64_t src, int64_t sparts, uint64_t max)
{
    if (max == 0)
        return 0;
    if (is_plain(dparts, sparts, max) && copy_short(from, UADDR(src), UADDR(dst), max, false))
        return (int64_t)max;
    struct msgbuf d, s;
    msgbuf_init(&d, NULL, dst, dparts);
    msgbuf_init(&s, from, src, sparts);
    return msg_copy(&d, &s, max);
}

int64_t msg_store(struct aspace *to, uint64_t dst, int64_t dparts, uint64_t src, int64_t sparts, uint64_t max)
{
    if (max == 0)
        return 0;
    if (is_plain(dparts, sparts, max) && copy_short(to, UADDR(dst), UADDR(src), max, true))
        return (int64_t)max;
    struct msgbuf d, s;
    msgbuf_init(&d, to, dst, dparts);
    msgbuf_init(&s, NULL, src, sparts);
    return msg_copy(&d, &s, max);
}
