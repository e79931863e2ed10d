/* SPDX-License-Identifier: Apache-2.0 */
/* Everything at once against a manager with a thread pool: processes of several threads that open,
 * duplicate, read, lock, wait, close and are killed in between.  Afterwards the manager holds
 * nothing of them.  Concerns the promises of "Writing a Resource Manager", chapters "Multithreaded
 * Resource Managers" and "Unblocking Clients". */
#include "server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/time.h>

#define PATH "/dev/test-storm"
enum { PROCESSES = 4, THREADS = 3, GENERATIONS = 4, LIFE_MS = 700 };

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;
static iofunc_notify_t notify[3];

/* Blocks for ever when asked for 99 bytes. */
static int io_read(resmgr_context_t *ctp, io_read_t *msg, RESMGR_OCB_T *ocb)
{
    static const char text[64] = "some bytes";
    int status = iofunc_read_verify(ctp, msg, ocb, NULL);
    if (status != EOK)
        return status;
    if (msg->i.nbytes == 99)
        return _RESMGR_NOREPLY;
    size_t n = msg->i.nbytes < sizeof text ? msg->i.nbytes : sizeof text;
    ocb->offset += (off_t)n;
    _IO_SET_READ_NBYTES(ctp, n);
    return _RESMGR_PTR(ctp, text, n);
}

static int io_notify(resmgr_context_t *ctp, io_notify_t *msg, RESMGR_OCB_T *ocb)
{
    (void)ocb;
    return iofunc_notify(ctp, msg, notify, _NOTIFY_COND_OUTPUT, NULL, NULL);
}

static int io_close(resmgr_context_t *ctp, void *reserved, RESMGR_OCB_T *ocb)
{
    iofunc_attr_lock(ocb->attr);
    iofunc_notify_remove(ctp, notify);
    iofunc_attr_unlock(ocb->attr);
    return iofunc_close_ocb_default(ctp, reserved, ocb);
}

static int serve(void)
{
    dispatch_t *dpp = dispatch_create();
    thread_pool_attr_t pool = {.handle = dpp,
                               .block_func = dispatch_block,
                               .unblock_func = dispatch_unblock,
                               .handler_func = dispatch_handler,
                               .context_alloc = dispatch_context_alloc,
                               .context_free = dispatch_context_free,
                               .lo_water = 2,
                               .increment = 2,
                               .hi_water = 4,
                               .maximum = 10};
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    io_funcs.read = io_read;
    io_funcs.notify = io_notify;
    io_funcs.close_ocb = io_close;
    IOFUNC_NOTIFY_INIT(notify);
    iofunc_attr_init(&attr, S_IFCHR | 0666, NULL, NULL);
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    thread_pool_start(thread_pool_create(&pool, POOL_FLAG_EXIT_SELF));
    return 2;
}

static void on_alarm(int signo)
{
    (void)signo;
}

/* One step; false: an answer that cannot be, unless errno is EINTR: an alarm while all threads of the server are busy ends any message
 * that none of them has received yet. */
static int step(unsigned dice, int fd)
{
    struct flock lock = {.l_type = (short)(dice >> 8 & 1 ? F_WRLCK : F_RDLCK),
                         .l_whence = SEEK_SET,
                         .l_start = dice >> 9 & 15,
                         .l_len = 4};
    struct pollfd p = {.fd = fd, .events = POLLIN};
    struct stat st;
    char buf[128];
    int copy;
    errno = 0;
    switch (dice & 7) {
    case 0:
        return read(fd, buf, 10) == 10;
    case 1:
        return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode);
    case 2:
        return stat(PATH, &st) == 0;
    case 3:
        copy = dup(fd);
        return copy >= 0 && lseek(copy, 5, SEEK_SET) == 5 && close(copy) == 0;
    case 4:
        return fcntl(fd, F_SETLK, &lock) == 0 || errno == EAGAIN || errno == EACCES;
    case 5:
        return poll(&p, 1, 1) == 0 || p.revents == 0;
    case 6:
        return read(fd, buf, 99) == -1 && errno == EINTR; /* until an alarm */
    default:
        return fcntl(fd, F_SETLKW, &lock) == 0 || errno == EINTR || errno == EDEADLK;
    }
}

static void *worker(void *arg)
{
    unsigned state = (unsigned)(intptr_t)arg * 2654435761u + 1;
    for (;;) {
        int fd = open(PATH, O_RDWR);
        if (fd == -1 && errno == EINTR)
            continue;
        if (fd == -1)
            return "open";
        for (int i = 0; i < 10; i++) {
            state = state * 1103515245u + 12345u;
            if (!step(state >> 12, fd) && errno != EINTR)
                return "step";
        }
        if (close(fd) == -1)
            return "close";
    }
}

/* Ends with SIGKILL from outside; exits by itself only when something is wrong. */
static void client(int seed)
{
    struct sigaction act = {.sa_handler = on_alarm};
    struct itimerval often = {{0, 20000}, {0, 20000}};
    pthread_t threads[THREADS];
    void *what;
    sigaction(SIGALRM, &act, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, worker, (void *)(intptr_t)(seed * 16 + i));
    for (int i = 0; i < THREADS; i++)
        if (pthread_join(threads[i], &what) == 0)
            _exit(what && !strcmp(what, "open") ? 3 : 4);
    _exit(5);
}

int main(void)
{
    struct _fdinfo info = {0};
    int killed = 0;
    tap_plan(4);
    pid_t server = server_start(serve, PATH);
    for (int g = 0; g < GENERATIONS; g++) {
        pid_t pids[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
            pids[i] = fork();
            if (pids[i] == 0)
                client(g * PROCESSES + i);
        }
        pause_ms(LIFE_MS);
        for (int i = 0; i < PROCESSES; i++) {
            int status = 0;
            pause_ms(i * 7);
            kill(pids[i], SIGKILL);
            waitpid(pids[i], &status, 0);
            if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
                killed++;
            else
                diag("a client ended by itself, status %#x", status);
        }
    }
    is_int(killed, GENERATIONS * PROCESSES, "no client met an answer that cannot be");
    int fd = open(PATH, O_RDWR);
    for (int i = 0; i < 500; i++) {
        iofdinfo(fd, 0, &info, NULL, 0);
        if (info.count == 1 && info.rlocks == 0 && info.wlocks == 0)
            break;
        pause_ms(10);
    }
    is_int(info.count, 1, "afterwards only our own descriptor is open");
    is_int(info.rlocks + info.wlocks, 0, "... and no lock is held");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
