/* SPDX-License-Identifier: Apache-2.0 */
/* Requests under way: whose they are, and giving up on them. A client that is interrupted gets the server's answer if that
 * comes within GRACE_MS: signals are common, servers that do not answer are rare. */
#include <errno.h>
#include <string.h>
#include <sys/neutrino.h>
#include <time.h>

#include "fsnfs.h"

#define GRACE_MS 2000

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t changed;
static struct request *requests; /* lock */

uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct moment moment_now(void)
{
    return (struct moment){.ms = now_ms(), .wall = (int64_t)time(NULL)};
}

static void get_cred(resmgr_context_t *ctp, struct cred *c)
{
    struct _client_info info;
    *c = (struct cred){.uid = 65534, .gid = 65534};
    if (iofunc_client_info(ctp, 0, &info) != EOK)
        return;
    c->uid = (uint32_t)info.cred.euid;
    c->gid = (uint32_t)info.cred.egid;
    for (uint32_t i = 0; i < info.cred.ngroups && i < GROUPS && i < sizeof info.cred.grouplist / sizeof info.cred.grouplist[0]; i++)
        c->groups[c->ngroups++] = (uint32_t)info.cred.grouplist[i];
}

void request_begin(struct request *r, resmgr_context_t *ctp, struct mount *m)
{
    struct _msg_info info;
    *r = (struct request){.mount = m, .rcvid = ctp->rcvid};
    get_cred(ctp, &r->cred);
    pthread_mutex_lock(&lock);
    r->next = requests;
    requests = r;
    pthread_mutex_unlock(&lock);
    /* The pulse may have come before there was anything to mark. */
    if (r->rcvid != 0 && MsgInfo(r->rcvid, &info) != -1 && (info.flags & _NTO_MI_UNBLOCK_REQ))
        request_interrupt(r->rcvid);
}

void request_own(struct request *r, struct mount *m, const struct cred *c)
{
    *r = (struct request){.mount = m, .cred = *c};
    pthread_mutex_lock(&lock);
    r->next = requests;
    requests = r;
    pthread_mutex_unlock(&lock);
}

void request_end(struct request *r)
{
    struct request **at = &requests;
    pthread_mutex_lock(&lock);
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    pthread_mutex_unlock(&lock);
}

/* When all threads wait for the server nobody receives a pulse. */
void request_poll_locked(void)
{
    struct _msg_info info;
    for (struct request *r = requests; r != NULL; r = r->next)
        if (r->rcvid != 0 && r->give_up_at == 0 && MsgInfo(r->rcvid, &info) != -1 &&
            (info.flags & _NTO_MI_UNBLOCK_REQ)) {
            r->give_up_at = now_ms() + GRACE_MS;
            pthread_cond_broadcast(&changed);
        }
}

void request_interrupt(int rcvid)
{
    pthread_mutex_lock(&lock);
    for (struct request *r = requests; r != NULL; r = r->next)
        if (r->rcvid == rcvid && r->give_up_at == 0)
            r->give_up_at = now_ms() + GRACE_MS;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

int wait_changed_locked(struct request *r)
{
    struct timespec t;
    if (r->give_up_at == 0)
        return pthread_cond_wait(&changed, &lock);
    if (now_ms() >= r->give_up_at)
        return EINTR;
    t.tv_sec = (time_t)(r->give_up_at / 1000);
    t.tv_nsec = (long)(r->give_up_at % 1000) * 1000000;
    pthread_cond_timedwait(&changed, &lock, &t);
    return 0;
}

int turn_take(struct request *r, bool *is_taken)
{
    int error = 0;
    pthread_mutex_lock(&lock);
    while (*is_taken && error == 0)
        error = wait_changed_locked(r);
    if (error == 0)
        *is_taken = true;
    pthread_mutex_unlock(&lock);
    return error;
}

void turn_end(bool *is_taken)
{
    pthread_mutex_lock(&lock);
    *is_taken = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}
