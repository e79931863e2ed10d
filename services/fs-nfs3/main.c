/* SPDX-License-Identifier: Apache-2.0 */
/* fs-nfs3: directories of NFSv3 servers as file systems. */
/* clang-format off */
#ifdef __USAGE
%C - NFS 3 client file system

%C [options] [mount options] server:/export mountpoint ...

Options for all mountpoints:
 -B size      bytes of one read or write (default 64K, 512 to 128K)
 -D           stay in the foreground
 -o opt,...   acregmin=s, acregmax=s, acdirmin=s, acdirmax=s: attributes of files and of directories are
              remembered for a tenth of the time since their last change, but within these limits, in seconds
              (default 1 and 10 for both); actimeo=s: all four; noac: nothing is remembered, and -w sync=hard
              port=N: the server's NFS port, mountport=N: that of its MOUNT protocol (default: the server's
              portmapper is asked); soft=n: a soft mount that gives up after n times the timeout; timeo=N: how
              long to wait for an answer, in tenths of a second (default 600, of a soft mount 50); nodaemon
 -T threads   clients that are served at the same time (default 32)
 -w opt,...   delay=sec: written data waits that long for more (default 2); sync=hard: no write caching

Options for the next mountpoint:
 -r           read only
 -s           soft mount: calls that the server does not answer four times fail with ETIMEDOUT
 -Z n         b: before other managers, a: after them, o: opaque
 -t           TCP, which is the only way here
#endif
/* clang-format on */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/procmgr.h>
#include <time.h>
#include <unistd.h>

#include "fsnfs.h"

#include "../lib/foreign.h"

#define STOP_MS 30000
#define AC_MAX  86400 /* seconds */

static struct {
    unsigned long size, threads, port, mount_port, timeo, delay;
    unsigned long reg_min, reg_max, dir_min, dir_max; /* of the cache */
    bool stay, sync_writes;
} all = {.size = 64 * 1024, .threads = 32, .delay = 2, .reg_min = 1, .reg_max = 10, .dir_min = 1, .dir_max = 10};

static struct {
    bool read_only, soft;
    unsigned long tries;
    unsigned flags;
} next = {.tries = 4};

static int fail(const char *what, int error)
{
    fprintf(stderr, "fs-nfs3: %s: %s\n", what, strerror(error));
    return EXIT_FAILURE;
}

static bool number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
    char *end;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    *out = strtoul(text, &end, 10);
    if (*end == 'k' || *end == 'K') {
        *out *= 1024;
        end++;
    }
    return *end == '\0' && *out >= min && *out <= max;
}

enum { PORT, MOUNTPORT, SOFT, HARD, TIMEO, NODAEMON, RO, RW, NOAC, ACTIMEO, ACREGMIN, ACREGMAX, ACDIRMIN, ACDIRMAX };

static void remember_for(unsigned long seconds)
{
    all.reg_min = all.reg_max = all.dir_min = all.dir_max = seconds;
}

/* One of a pair of limits; the other one gives way. */
static bool parse_limit(const char *text, unsigned long *min, unsigned long *max, bool is_min)
{
    if (!number(text, 0, AC_MAX, is_min ? min : max))
        return false;
    if (*min > *max)
        *(is_min ? max : min) = *(is_min ? min : max);
    return true;
}

static bool parse_cache(int option, const char *value)
{
    unsigned long seconds;
    switch (option) {
    case NOAC:
        remember_for(0);
        return all.sync_writes = true;
    case ACTIMEO:
        if (!number(value, 0, AC_MAX, &seconds))
            return false;
        remember_for(seconds);
        return true;
    case ACREGMIN:
    case ACREGMAX:
        return parse_limit(value, &all.reg_min, &all.reg_max, option == ACREGMIN);
    case ACDIRMIN:
    case ACDIRMAX:
        return parse_limit(value, &all.dir_min, &all.dir_max, option == ACDIRMIN);
    default:
        return false;
    }
}

static bool parse_o(char *text)
{
    char *const names[] = {"port", "mountport", "soft", "hard", "timeo", "nodaemon", "ro", "rw",
                           "noac", "actimeo", "acregmin", "acregmax", "acdirmin", "acdirmax", NULL};
    bool good = true;
    char *value;
    while (good && *text != '\0') {
        int option = getsubopt(&text, names, &value);
        switch (option) {
        case PORT:
            good = number(value, 1, 65535, &all.port);
            break;
        case MOUNTPORT:
            good = number(value, 1, 65535, &all.mount_port);
            break;
        case SOFT:
            next.soft = true;
            good = value == NULL || number(value, 1, 1000, &next.tries);
            break;
        case HARD:
            next.soft = false;
            break;
        case TIMEO:
            good = number(value, 1, 36000, &all.timeo);
            break;
        case NODAEMON:
            all.stay = true;
            break;
        case RO:
            next.read_only = true;
            break;
        case RW:
            next.read_only = false;
            break;
        default:
            good = parse_cache(option, value);
        }
    }
    return good;
}

static bool parse_w(char *text)
{
    enum { DELAY, SYNC };
    char *const names[] = {"delay", "sync", NULL};
    bool good = true;
    char *value;
    while (good && *text != '\0')
        switch (getsubopt(&text, names, &value)) {
        case DELAY:
            good = number(value, 0, 3600, &all.delay);
            break;
        case SYNC:
            good = all.sync_writes = value != NULL && strcmp(value, "hard") == 0;
            break;
        default:
            good = false;
        }
    return good;
}

static bool parse_z(const char *text)
{
    switch (text[0] | 0x20) {
    case 'b':
        next.flags |= _RESMGR_FLAG_BEFORE;
        return true;
    case 'a':
        next.flags |= _RESMGR_FLAG_AFTER;
        return true;
    case 'o':
        next.flags |= _RESMGR_FLAG_OPAQUE;
        return true;
    default:
        return false;
    }
}

/* Up to the next operand. */
static int parse_options(int argc, char **argv)
{
    int option;
    while ((option = getopt(argc, argv, "+B:Do:rsT:tw:Z:")) != -1) {
        bool good = option != '?';
        if (option == 'B')
            good = number(optarg, 512, BLOCK_MAX, &all.size);
        else if (option == 'D')
            all.stay = true;
        else if (option == 'o')
            good = parse_o(optarg);
        else if (option == 'r')
            next.read_only = true;
        else if (option == 's')
            next.soft = true;
        else if (option == 'T')
            good = number(optarg, 2, 64, &all.threads);
        else if (option == 'w')
            good = parse_w(optarg);
        else if (option == 'Z')
            good = parse_z(optarg);
        if (!good) {
            if (option != '?')
                fprintf(stderr, "fs-nfs3: -%c %s: not understood\n", option, optarg);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}

/* server:/export, also [v6]:/export */
static bool parse_source(const char *text, struct mount *m)
{
    const char *from = text, *colon = strstr(text, ":/"), *to = colon;
    if (colon == NULL || colon == text)
        return false;
    if (text[0] == '[' && colon[-1] == ']') {
        from++;
        to--;
    }
    if ((size_t)(to - from) >= sizeof m->server || strlen(colon + 1) >= sizeof m->export)
        return false;
    memcpy(m->server, from, (size_t)(to - from));
    strcpy(m->export, colon + 1);
    return true;
}

static struct mount *make_mount(const char *source, const char *target)
{
    struct mount *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    if (!parse_source(source, m) || names_mountpoint(target, strlen(target), m->target) == -1) {
        free(m);
        errno = EINVAL;
        return NULL;
    }
    static int count;
    m->port = (int)all.port;
    m->mount_port = (int)(all.mount_port != 0 ? all.mount_port : all.port);
    m->is_read_only = next.read_only;
    m->sync_writes = all.sync_writes;
    m->flags = next.flags;
    m->rsize = m->wsize = (uint32_t)all.size;
    m->delay_ms = (unsigned)all.delay * 1000;
    const struct cache_limits limits = {(unsigned)all.reg_min, (unsigned)all.reg_max, (unsigned)all.dir_min,
                                        (unsigned)all.dir_max};
    m->cache = cache_create(&limits);
    if (m->cache == NULL) {
        free(m);
        return NULL;
    }
    m->dev = (dev_t)getpid() << 16 | (dev_t)++count;
    m->link.is_soft = next.soft;
    m->link.tries = (unsigned)next.tries;
    m->link.timeout_ms = all.timeo != 0 ? (unsigned)all.timeo * 100 : next.soft ? 5000 : 60000;
    return m;
}

static int attach(dispatch_t *dpp, const char *source, const char *target)
{
    resmgr_attr_t attr = {.nparts_max = 2, .msg_max_size = 4096};
    struct mount *m = make_mount(source, target);
    if (m == NULL)
        return fail(source, errno);
    int error = mount_attach(m);
    if (error != 0)
        return fail(source, error);
    if (resmgr_attach(dpp, &attr, m->target, _FTYPE_ANY, _RESMGR_FLAG_DIR | m->flags, &connect_funcs, &io_funcs, m) ==
        -1)
        return fail(target, errno);
    next.read_only = next.soft = false;
    next.flags = 0;
    next.tries = 4;
    return EXIT_SUCCESS;
}

static int attach_all(dispatch_t *dpp, int argc, char **argv)
{
    while (optind < argc) {
        if (argc - optind < 2) {
            fprintf(stderr, "fs-nfs3: %s: no mountpoint\n", argv[optind]);
            return EXIT_FAILURE;
        }
        int at = optind;
        optind += 2;
        if (attach(dpp, argv[at], argv[at + 1]) != EXIT_SUCCESS || parse_options(argc, argv) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

/* SIGTERM, from umount or shutdown: what was written goes to its servers first, for STOP_MS at most. */
static void *stop(void *set)
{
    int signo;
    struct request r;
    struct node *n;
    static const struct cred root = {0};
    while (sigwait(set, &signo) != 0)
        ;
    uint64_t end = now_ms() + STOP_MS;
    for (;;) {
        pthread_mutex_lock(&lock);
        n = node_written_locked();
        pthread_mutex_unlock(&lock);
        if (n == NULL || now_ms() >= end)
            exit(n == NULL ? EXIT_SUCCESS : EXIT_FAILURE);
        request_own(&r, n->mount, &root);
        r.give_up_at = end;
        write_commit(&r, n);
        request_end(&r);
        node_put(n);
    }
}

static int start_stopper(void)
{
    static sigset_t set;
    pthread_t thread;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* of all threads to come */
    return pthread_create(&thread, NULL, stop, &set);
}

/* Goes into the background, with the connections: of the descriptors only the first three close. */
static int leave(void)
{
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; null != -1 && fd < 3; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
    return procmgr_daemon(EXIT_SUCCESS, PROCMGR_DAEMON_NOCLOSE | PROCMGR_DAEMON_NODEVNULL);
}

int main(int argc, char **argv)
{
    pthread_condattr_t attr;
    if (parse_options(argc, argv) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    if (argc - optind < 2) {
        fprintf(stderr, "usage: fs-nfs3 [options] server:/export mountpoint ...\n");
        return EXIT_FAILURE;
    }
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attr);
    int error = start_stopper();
    if (error != 0)
        return fail("thread", error);
    dispatch_t *dpp = dispatch_create();
    if (dpp == NULL)
        return fail("dispatch", errno);
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    connect_init();
    io_init();
    if (attach_all(dpp, argc, argv) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    if (!all.stay && leave() == -1)
        return fail("daemon", errno);
    return fail("thread pool", serve_pool(dpp, 4, (unsigned)all.threads));
}
