/* SPDX-License-Identifier: Apache-2.0 */
/* Runmask and inherit mask, the mask of spawned programs, names of other threads.
 * Pages: QNX Neutrino Library Reference, ThreadCtl(), ThreadCtlExt(), pthread_setname_np(), posix_spawn(); Programmer's Guide,
 * "Multicore Processing". */
#define _GNU_SOURCE
#include <spawn.h>
#include "../rendezvous.h"

struct masks {
    int size;
    unsigned run[1], inherit[1];
};

static struct masks masks_now(void)
{
    struct masks m = {.size = RMSK_SIZE(1)};
    if (ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m) == -1)
        bail_out("ThreadCtl: %s", strerror(errno));
    return m;
}

static void *thread_masks(void *arg)
{
    *(struct masks *)arg = masks_now();
    return NULL;
}

static struct masks masks_of_new_thread(void)
{
    struct masks m;
    pthread_t t;
    pthread_create(&t, NULL, thread_masks, &m);
    pthread_join(t, NULL);
    return m;
}

/* 0: the masks of this process are those of the first processor only. */
static int child_main(void)
{
    struct masks m = masks_now(), t = masks_of_new_thread();
    return m.run[0] == 1 && m.inherit[0] == 1 && t.run[0] == 1 ? 0 : 1;
}

static void masks(char *self)
{
    struct masks m = masks_now();
    unsigned online = 0;
    ok(RMSK_ISSET(0, m.run), "a thread may run on the first processor");
    RMSK_SET(0, &online);
    is_int(online, 1, "RMSK_SET()");
    is_int(ThreadCtl(_NTO_TCTL_RUNMASK, (void *)1), 0, "its own mask alone");
    m = masks_of_new_thread();
    ok(m.run[0] != 1 && m.inherit[0] != 1, "... is not inherited");
    m = (struct masks){.size = 1, .run = {~0U}, .inherit = {1}};
    is_int(ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m), 0, "both masks set");
    is_int(m.run[0], 1, "the old one comes back");
    m = masks_now();
    ok(m.run[0] == ~0U && m.inherit[0] == 1, "the new ones are set");
    m = masks_now();
    ok(m.run[0] == ~0U && m.inherit[0] == 1, "masks of 0 change nothing");
    m = masks_of_new_thread();
    ok(m.run[0] == 1 && m.inherit[0] == 1, "a new thread has the inherit mask for both");

    char *argv[] = {self, "child", NULL};
    pid_t pid;
    int status = -1;
    is_int(posix_spawn(&pid, self, NULL, NULL, argv, NULL), 0, "spawned");
    waitpid(pid, &status, 0);
    is_int(status, 0, "... so has a program, for all its threads");
    pid = fork();
    if (pid == 0)
        _exit(child_main());
    waitpid(pid, &status, 0);
    is_int(status, 0, "... and a forked process");
    m = (struct masks){.size = 1, .inherit = {~0U}};
    ThreadCtl(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m);
    struct inheritance in = {.flags = SPAWN_EXPLICIT_CPU, .runmask = 1};
    pid = spawn(self, 0, NULL, &in, argv, environ);
    waitpid(pid, &status, 0);
    is_int(status, 0, "SPAWN_EXPLICIT_CPU sets both");
}

static void mask_errors(void)
{
    struct masks m = {.size = 0};
    is_int(ThreadCtl_r(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m), EINVAL, "size 0: EINVAL");
    m.size = 1 << 20;
    is_int(ThreadCtl_r(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m), EINVAL, "a giant size: EINVAL");
    m = (struct masks){.size = 1, .run = {1U << 31}};
    is_int(ThreadCtl_r(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m), EINVAL, "no such processor to run on: EINVAL");
    m = (struct masks){.size = 1, .inherit = {1U << 31}};
    is_int(ThreadCtl_r(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, &m), EINVAL, "... to inherit: EINVAL");
    is_int(ThreadCtl_r(_NTO_TCTL_RUNMASK_GET_AND_SET_INHERIT, NULL), EFAULT, "masks nowhere: EFAULT");
}

static volatile int tid, stop;

static void *sleeper(void *arg)
{
    (void)arg;
    tid = gettid();
    while (!stop)
        rv_sleep_ms(1);
    return NULL;
}

static void other_threads(void)
{
    pthread_t t;
    char name[40] = "";
    struct {
        struct _thread_name n;
        char room[40];
    } n = {.n = {.new_name_len = -1, .name_buf_len = 32}};
    pthread_create(&t, NULL, sleeper, NULL);
    while (!tid)
        rv_sleep_ms(1);
    is_int(pthread_setname_np(t, "worker"), 0, "another thread is named");
    is_int(pthread_getname_np(t, name, sizeof name), 0, "and asked");
    is_str(name, "worker", "its name");
    is_int(ThreadCtlExt(0, tid, _NTO_TCTL_NAME, &n), 0, "ThreadCtlExt()");
    is_str(n.n.name_buf, "worker", "... tells it, too");
    is_int(ThreadCtlExt(getpid(), tid, _NTO_TCTL_NAME, &n), 0, "by process and thread");
    is_int(ThreadCtlExt(0, 0, _NTO_TCTL_RUNMASK, (void *)~0UL), 0, "on the caller: every command");
    is_int(ThreadCtlExt(0, tid, _NTO_TCTL_RUNMASK, (void *)1), -1, "on another one: not all");
    is_errno(EINVAL, "... EINVAL");
    is_int(ThreadCtlExt_r(getpid(), 0, _NTO_TCTL_NAME, &n), EINVAL, "a process without a thread: EINVAL");
    is_int(ThreadCtlExt_r(0, 3000, _NTO_TCTL_NAME, &n), ESRCH, "no such thread: ESRCH");
    is_int(ThreadCtlExt_r(32000, 1, _NTO_TCTL_NAME, &n), ESRCH, "no such process: ESRCH");
    is_int(ThreadCtlExt_r(0, tid, _NTO_TCTL_NAME, NULL), EFAULT, "name nowhere: EFAULT");
    stop = 1;
    pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return child_main();
    tap_plan(0);
    masks(argv[0]);
    mask_errors();
    other_threads();
    return done();
}
