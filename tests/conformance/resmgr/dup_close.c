/* SPDX-License-Identifier: Apache-2.0 */
/* One OCB for all descriptors of an open file: dup(), fork(), close(), death of a client. close_dup
 * is called for each descriptor, close_ocb once, with the last.  Library Reference
 * resmgr_io_funcs_t (close_dup, close_ocb), "Writing a Resource Manager", "Handling open(), dup()
 * and close() messages". */
#include "server.h"

#include <devctl.h>
#include <sys/dcmd_misc.h>

#define PATH "/dev/test-dup"

struct counts {
    int opens, dups_closed, ocbs_closed, live;
};
#define GET_COUNTS __DIOF(_DCMD_MISC, 1, struct counts)

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;
static struct counts counts;

static int count_open(resmgr_context_t *ctp, io_open_t *msg, RESMGR_HANDLE_T *handle, void *extra)
{
    int status = iofunc_open_default(ctp, msg, handle, extra);
    if (status == EOK && msg->connect.subtype == _IO_CONNECT_OPEN)
        counts.opens++;
    return status;
}

static int count_close_dup(resmgr_context_t *ctp, io_close_t *msg, RESMGR_OCB_T *ocb)
{
    counts.dups_closed++;
    return iofunc_close_dup_default(ctp, msg, ocb);
}

static int count_close_ocb(resmgr_context_t *ctp, void *reserved, RESMGR_OCB_T *ocb)
{
    counts.ocbs_closed++;
    return iofunc_close_ocb_default(ctp, reserved, ocb);
}

static int get_counts(resmgr_context_t *ctp, io_devctl_t *msg, RESMGR_OCB_T *ocb)
{
    if (msg->i.dcmd != GET_COUNTS)
        return iofunc_devctl_default(ctp, msg, ocb);
    memset(&msg->o, 0, sizeof msg->o);
    counts.live = ocb->attr->count;
    memcpy(_DEVCTL_DATA(msg->o), &counts, sizeof counts);
    return _RESMGR_PTR(ctp, &msg->o, sizeof msg->o + sizeof counts);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    connect_funcs.open = count_open;
    io_funcs.close_dup = count_close_dup;
    io_funcs.close_ocb = count_close_ocb;
    io_funcs.devctl = get_counts;
    iofunc_attr_init(&attr, S_IFREG | 0666, NULL, NULL);
    attr.nbytes = 1000;
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    return serve_loop(dpp);
}

static int watcher;
static struct counts base;

/* What happened since the last look. */
static struct counts news(void)
{
    struct counts now = {0}, diff;
    if (devctl(watcher, GET_COUNTS, &now, sizeof now, NULL) != EOK)
        bail_out("the server does not tell its counts");
    diff = (struct counts){now.opens - base.opens, now.dups_closed - base.dups_closed,
                           now.ocbs_closed - base.ocbs_closed, now.live};
    base = now;
    return diff;
}

/* Waits for what a client's death brings about by a pulse. */
static struct counts news_after(int ocbs)
{
    struct counts sum = {0};
    for (int i = 0; i < 200; i++) {
        struct counts n = news();
        sum.opens += n.opens;
        sum.dups_closed += n.dups_closed;
        sum.ocbs_closed += n.ocbs_closed;
        sum.live = n.live;
        if (sum.ocbs_closed >= ocbs)
            break;
        pause_ms(10);
    }
    return sum;
}

static void duplicates(void)
{
    int fd = open(PATH, O_RDONLY), copy = dup(fd);
    struct counts n = news();
    is_int(n.opens, 1, "open and dup make one open");
    is_int(n.live, 2, "... and one OCB more than the watcher's");
    is_int(lseek(fd, 123, SEEK_SET), 123, "lseek on one descriptor");
    is_int(lseek(copy, 0, SEEK_CUR), 123, "... moves the other");
    int other = open(PATH, O_RDONLY);
    is_int(lseek(other, 0, SEEK_CUR), 0, "a second open has an offset of its own");
    close(other);
    news();
    is_int(close(fd), 0, "close the first");
    n = news();
    ok(n.dups_closed == 1 && n.ocbs_closed == 0, "... close_dup, but not close_ocb");
    is_int(lseek(copy, 1, SEEK_CUR), 124, "the copy still works");
    is_int(dup2(copy, 100), 100, "dup2 to a high number");
    is_int(close(copy), 0, "close the copy");
    is_int(close(100), 0, "close the last");
    n = news();
    ok(n.dups_closed == 2 && n.ocbs_closed == 1, "... brings close_ocb, once");
}

static void forked(void)
{
    int status, fd = open(PATH, O_RDONLY);
    lseek(fd, 10, SEEK_SET);
    pid_t pid = fork();
    if (pid == 0)
        _exit(lseek(fd, 5, SEEK_CUR) == 15 ? 0 : 1);
    waitpid(pid, &status, 0);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a forked child has the descriptor");
    is_int(lseek(fd, 0, SEEK_CUR), 15, "... and moved the common offset");
    news_after(0);
    struct counts n = news();
    is_int(n.live, 2, "the child's end did not close the parent's OCB");
    close(fd);
    n = news();
    covers("semantic:26");
    is_int(n.ocbs_closed, 1, "the parent's close did");
}

static void killed(void)
{
    int ready[2], status;
    if (pipe(ready) == -1)
        bail_out("pipe: %s", strerror(errno));
    news();
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 5; i++)
            if (open(PATH, O_RDONLY) == -1)
                _exit(1);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char c;
    is_int(read(ready[0], &c, 1), 1, "a client opens five times");
    is_int(news().opens, 5, "... the server saw it");
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    struct counts n = news_after(5);
    is_int(n.ocbs_closed, 5, "its death closes all five");
    is_int(n.live, 1, "... and leaves only the watcher's OCB");
    close(ready[0]);
    close(ready[1]);
}

static void dropped(void)
{
    int fd = open(PATH, O_RDONLY);
    news();
    ConnectDetach(fd); /* no close message */
    int again = open(PATH, O_RDONLY);
    is_int(again, fd, "a number that was dropped without close() is used again");
    struct counts n = news();
    is_int(n.ocbs_closed, 1, "... and the forgotten OCB goes");
    is_int(n.live, 2, "... so that none leaks");
    close(again);
}

int main(void)
{
    tap_plan(0);
    pid_t server = server_start(serve, PATH);
    watcher = open(PATH, O_RDONLY);
    news();
    duplicates();
    forked();
    killed();
    dropped();
    struct stat st;
    news();
    stat(PATH, &st);
    struct counts n = news();
    ok(n.ocbs_closed == 1 && n.live == 1, "stat by path opens and closes an OCB");
    int second = openfd(watcher, O_RDONLY);
    ok(second >= 0, "openfd");
    lseek(second, 77, SEEK_SET);
    is_int(lseek(watcher, 0, SEEK_CUR), 0, "... gives an offset of its own");
    close(second);
    ok(server_stop(server), "the server lived to the end");
    return done();
}
