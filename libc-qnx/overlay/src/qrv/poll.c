/* SPDX-License-Identifier: Apache-2.0 */
/* poll() and select(): ask each server with _IO_NOTIFY and leave it a pulse to send, then wait for
 * the first pulse.
 *
 * Each waiting thread borrows a slot: a channel with a connection to it, made once and never
 * destroyed, so that a late pulse can only reach a poller, who knows by its number that it is
 * stale.  `busy` is the only shared word. */
#include <sys/syscall.h>
#include <abi/time.h>
#include "qrv.h"

#define SLOTS 256
#define RETRY_NS                                                                                   \
    50000000UL /* another thread has armed the same descriptor: look again after that */
#define IN_BITS  (POLLIN | POLLRDNORM)
#define OUT_BITS (POLLOUT | POLLWRNORM)
#define OOB_BITS (POLLPRI | POLLRDBAND)

static struct slot {
    int busy, made;
    int chid, coid;
    uint32_t seq;
} slots[SLOTS];

/* The child of a fork() has no channels. */
void __qrv_poll_forked(void)
{
    for (int i = 0; i < SLOTS; i++)
        slots[i] = (struct slot){0};
}

static long slot_get(struct slot **out)
{
    for (int i = 0; i < SLOTS; i++) {
        struct slot *s = &slots[i];
        if (__atomic_exchange_n(&s->busy, 1, __ATOMIC_ACQUIRE))
            continue;
        if (!s->made) {
            long chid = __kercall1(KC_CHANNEL_CREATE, _NTO_CHF_PRIVATE);
            long coid = chid < 0 ? chid
                                 : __kercall5(KC_CONNECT_ATTACH, ND_LOCAL_NODE, 0, chid,
                                              _NTO_SIDE_CHANNEL, _NTO_COF_CLOEXEC);
            if (coid < 0) {
                if (chid >= 0)
                    __kercall1(KC_CHANNEL_DESTROY, chid);
                __atomic_store_n(&s->busy, 0, __ATOMIC_RELEASE);
                return coid;
            }
            s->chid = (int)chid;
            s->coid = (int)coid;
            s->made = 1;
        }
        s->seq++;
        *out = s;
        return 0;
    }
    return -EAGAIN;
}

static void slot_put(struct slot *s)
{
    if (s)
        __atomic_store_n(&s->busy, 0, __ATOMIC_RELEASE);
}

/* What holds of `events` now, as poll bits.  With a slot the server will send a pulse when nothing
 * does.  *again: 1 when it is to be asked again, -EINTR when a signal came first: that says nothing of the descriptor. */
static short ask(int fd, short events, const struct slot *s, int *again)
{
    struct _io_notify m = {
        .type = _IO_NOTIFY, .combine_len = sizeof m, .action = _NOTIFY_ACTION_POLL};
    struct _io_notify_reply rep = {0};
    short got = 0;
    uint32_t want = (events & IN_BITS ? _NOTIFY_COND_INPUT : 0) |
                    (events & OUT_BITS ? _NOTIFY_COND_OUTPUT : 0) |
                    (events & OOB_BITS ? _NOTIFY_COND_OBAND : 0);
    m.flags = (int32_t)want;
    if (s) {
        struct _kc_sigevent ev = {
            .notify = SIGEV_PULSE, .id = s->coid, .value = s->seq, .priority = -1};
        m.action = _NOTIFY_ACTION_POLLARM;
        __qrv_copy(m.event, &ev, sizeof m.event);
    }
    long rc;
    do
        rc = __qrv_send(fd, &m, sizeof m, &rep, sizeof rep, KC_SEND_NC);
    while (rc == -EINTR && !s); /* who only looks is not interrupted */
    if (rc == -EINTR) {
        *again = -EINTR;
        return 0;
    }
    if (rc == -EBADF)
        return POLLNVAL;
    if (rc == -ESRCH)
        return POLLERR | POLLHUP;
    if (rc == -EBUSY) {
        *again = *again ? *again : 1;
        return 0;
    }
    if (rc < 0) /* a server that cannot tell never blocks */
        return (short)(events & (IN_BITS | OUT_BITS));
    if ((uint32_t)rep.flags & _NOTIFY_COND_INPUT)
        got |= events & IN_BITS;
    if ((uint32_t)rep.flags & _NOTIFY_COND_OUTPUT)
        got |= events & OUT_BITS;
    if ((uint32_t)rep.flags & _NOTIFY_COND_OBAND)
        got |= events & OOB_BITS;
    return (short)(got | (rep.flags2 & (POLLERR | POLLHUP)));
}

static int ask_all(struct pollfd *fds, unsigned long nfds, const struct slot *s, int *again)
{
    int ready = 0;
    *again = 0;
    for (unsigned long i = 0; i < nfds; i++) {
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        if (__qrv_badfd(fds[i].fd))
            fds[i].revents = POLLNVAL;
        else
            fds[i].revents = ask(fds[i].fd, fds[i].events, ready ? 0 : s, again);
        ready += !!fds[i].revents;
    }
    return ready;
}

/* Until a pulse of this round, or -ETIMEDOUT, -EINTR, -ECANCELED. */
static long wait_pulse(const struct slot *s, uint64_t deadline)
{
    struct _kc_pulse pulse;
    long rc;
    do {
        if (deadline != UINT64_MAX)
            __kercall5(KC_TIMER_TIMEOUT, CLOCK_MONOTONIC,
                       (long)(_NTO_TIMEOUT_RECEIVE | _KC_TIMEOUT_ABSTIME), 0, (long)&deadline, 0);
        rc = __kercall6(KC_MSG_RECEIVEV, s->chid, 0, 0, (long)&pulse, -(long)sizeof pulse,
                        KC_RECEIVE_PULSE);
    } while (rc == 0 && (uint32_t)pulse.value != s->seq);
    return rc;
}

static long poll_loop(struct pollfd *fds, unsigned long nfds, uint64_t deadline, unsigned fl)
{
    struct slot *s = 0;
    int again = 0, ready = 0;
    uint64_t now;
    long rc = deadline == 0 ? 0 : slot_get(&s);
    while (rc == 0) {
        ready = ask_all(fds, nfds, s, &again);
        if (ready || !s)
            break;
        if (again < 0) {
            rc = again;
            break;
        }
        uint64_t until = deadline;
        if (again) {
            __kercall3(KC_CLOCK_TIME, CLOCK_MONOTONIC, 0, (long)&now);
            if (now + RETRY_NS < until)
                until = now + RETRY_NS;
        }
        rc = wait_pulse(s, until);
        if (rc == -ECANCELED && fl)
            rc = 0;
        if (rc == -ETIMEDOUT) {
            if (until == deadline) {
                slot_put(s);
                return ask_all(fds, nfds, 0, &again);
            }
            rc = 0;
        }
        s->seq++;
    }
    slot_put(s);
    return rc < 0 ? rc : ready;
}

/* Nothing to watch: only time and signals end it. */
static long only_wait(const struct timespec *ts, const uint64_t *mask, unsigned fl)
{
    uint64_t now, ns, left;
    if (!ts) {
        if (!mask) {
            __kercall3(KC_SIGNAL_PROCMASK, SIG_BLOCK, 0, (long)&now);
            mask = &now;
        }
        long rc = __kercall1(KC_SIGNAL_SUSPEND, (long)mask);
        return rc == -ECANCELED && !fl ? rc : -EINTR;
    }
    ns = __qrv_ns_sat(ts);
    long rc = __kercall4(KC_NANOSLEEP, CLOCK_MONOTONIC, 0, (long)&ns, (long)&left);
    return rc == -ETIMEDOUT ? 0 : rc;
}

long __qrv_poll(struct pollfd *fds, unsigned long nfds, const struct timespec *ts,
                const uint64_t *mask, unsigned fl)
{
    uint64_t deadline = UINT64_MAX, now = 0, old, pending;
    long rc;
    if (nfds > QRV_COID_MAX)
        return -EINVAL;
    if (ts && __qrv_badts(ts))
        return -EINVAL;
    if (nfds == 0 && !ts)
        return only_wait(ts, mask, fl);
    if (ts) {
        uint64_t ns = __qrv_ns_sat(ts);
        if (ns)
            __kercall3(KC_CLOCK_TIME, CLOCK_MONOTONIC, 0, (long)&now);
        deadline = ns ? (ns > INT64_MAX - now ? INT64_MAX : now + ns) : 0;
    }
    if (mask) {
        __kercall1(KC_SIGNAL_PENDING, (long)&pending);
        __kercall3(KC_SIGNAL_PROCMASK, SIG_SETMASK, (long)mask, (long)&old);
        if (pending & ~*mask) { /* delivered by now */
            __kercall3(KC_SIGNAL_PROCMASK, SIG_SETMASK, (long)&old, 0);
            return -EINTR;
        }
    }
    rc = nfds ? poll_loop(fds, nfds, deadline, fl) : ts && deadline ? only_wait(ts, 0, fl) : 0;
    if (mask)
        __kercall3(KC_SIGNAL_PROCMASK, SIG_SETMASK, (long)&old, 0);
    return rc;
}

static int in_set(const fd_set *s, int fd)
{
    return s && FD_ISSET(fd, s);
}

static int collect(int n, const fd_set *r, const fd_set *w, const fd_set *e, struct pollfd *fds)
{
    int k = 0;
    for (int fd = 0; fd < n; fd++) {
        short ev = (short)((in_set(r, fd) ? POLLIN : 0) | (in_set(w, fd) ? POLLOUT : 0) |
                           (in_set(e, fd) ? POLLPRI : 0));
        if (ev)
            fds[k++] = (struct pollfd){.fd = fd, .events = ev};
    }
    return k;
}

static int mark(fd_set *set, const struct pollfd *p, short asked, short bits)
{
    if (!set || !(p->events & asked))
        return 0;
    if (p->revents & bits)
        return 1;
    FD_CLR(p->fd, set);
    return 0;
}

long __qrv_pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *ts,
                   const uint64_t *mask, unsigned fl)
{
    struct pollfd fds[FD_SETSIZE];
    int sum = 0;
    if (n < 0 || n > FD_SETSIZE)
        return -EINVAL;
    int k = collect(n, r, w, e, fds);
    long rc = __qrv_poll(fds, (unsigned long)k, ts, mask, fl);
    if (rc < 0)
        return rc;
    for (int i = 0; i < k; i++)
        if (fds[i].revents & POLLNVAL)
            return -EBADF;
    for (int i = 0; i < k; i++) {
        sum += mark(r, &fds[i], POLLIN, POLLIN | POLLHUP | POLLERR);
        sum += mark(w, &fds[i], POLLOUT, POLLOUT | POLLERR);
        sum += mark(e, &fds[i], POLLPRI, POLLPRI);
    }
    return sum;
}
