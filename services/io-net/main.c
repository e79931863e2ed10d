/* SPDX-License-Identifier: Apache-2.0 */
/* io-net: TCP/IP behind /dev/socket. */
/* clang-format off */
#ifdef __USAGE
%C - TCP/IP

%C [-d] [-w seconds] [-o nodaemon]

Serves /dev/socket, which socket() needs, with IPv4 and IPv6 on the loopback interface lo0 and on each
network device (virtio over MMIO, Cadence GEM) as en0, en1 ...; addresses come from DHCP, and from router advertisements.
/etc/resolv.conf names the DNS servers that DHCP told of.
 -d           no DHCP; ifconfig sets addresses
 -w seconds   go into the background only when an address is there, or after that time
 -o nodaemon  stay in the foreground
#endif
/* clang-format on */
#include <errno.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/timeouts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/procmgr.h>
#include <sys/random.h>
#include <sys/slog.h>
#include <sys/slogcodes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gem.h"
#include "iface.h"
#include "resolv.h"
#include "sock.h"
#include "virtio_net.h"

static struct {
    bool stay, no_dhcp;
    uint32_t patience_ms; /* -w */
} options;
static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static struct sock device; /* /dev/socket itself: ops is NULL */

/* What lwIP asks of its system: the time in milliseconds, and numbers that nobody guesses. */
u32_t sys_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (u32_t)((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

unsigned net_random(void)
{
    unsigned n = 0;
    if (getrandom(&n, sizeof n, 0) != sizeof n)
        abort();
    return n;
}

void net_assert(const char *text, const char *file, int line)
{
    fprintf(stderr, "io-net: lwIP: %s (%s:%d)\n", text, file, line);
    slogf(_SLOG_SETCODE(_SLOGC_NETWORK, 0), _SLOG_CRITICAL, "io-net: lwIP: %s (%s:%d)", text, file, line);
    abort();
}

static int fail(const char *what)
{
    fprintf(stderr, "io-net: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static int attach(dispatch_t *dpp)
{
    resmgr_attr_t attr = {.nparts_max = 1, .msg_max_size = 2048};
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    message_init(&connect_funcs, &io_funcs);
    local_name_init(dpp, &connect_funcs, &io_funcs);
    iofunc_attr_init(&device.attr, S_IFSOCK | 0666, NULL, NULL);
    IOFUNC_NOTIFY_INIT(device.notify);
    device.attr.inode = 1;
    if (resmgr_attach(dpp, &attr, "/dev/socket", _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &device) == -1)
        return fail("/dev/socket");
    return EXIT_SUCCESS;
}

/* What lwIP has to do now, and when it wants to be called again. */
static void run_stack(dispatch_t *dpp)
{
    netif_poll_all();
    sys_check_timeouts();
    do
        netif_poll_all(); /* loopback: what was sent has come in */
    while (sock_service_due());
    virtio_net_flush();
    u32_t ms = sys_timeouts_sleeptime();
    struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    if (ms == 0)
        wait.tv_nsec = 1000000;
    dispatch_timeout(dpp, ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? NULL : &wait);
}

/* Whoever started us waits until programs can use the network. */
static bool is_ready(uint32_t started)
{
    return iface_has_address() || sys_now() - started >= options.patience_ms;
}

static int serve(dispatch_t *dpp)
{
    bool in_front = !options.stay;
    uint32_t started = sys_now();
    dispatch_context_t *ctp = dispatch_context_alloc(dpp);
    if (ctp == NULL)
        return fail("context");
    for (;;) {
        run_stack(dpp);
        if (in_front && is_ready(started)) {
            in_front = false;
            if (procmgr_daemon(EXIT_SUCCESS, 0) == -1)
                return fail("daemon");
        }
        dispatch_context_t *next = dispatch_block(ctp);
        if (next == NULL && errno != EINTR)
            return fail("dispatch");
        if (next == NULL)
            continue;
        ctp = next;
        if (ctp->message_context.rcvid != -1)
            dispatch_handler(ctp);
    }
}

static bool parse(int argc, char **argv)
{
    int option;
    while ((option = getopt(argc, argv, "do:w:")) != -1) {
        unsigned long seconds = option == 'w' ? strtoul(optarg, NULL, 10) : 0;
        if (option == 'd')
            options.no_dhcp = true;
        else if (option == 'o' && strcmp(optarg, "nodaemon") == 0)
            options.stay = true;
        else if (option == 'w' && seconds <= 3600)
            options.patience_ms = (uint32_t)seconds * 1000;
        else
            return false;
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    if (!parse(argc, argv)) {
        fprintf(stderr, "usage: io-net [-d] [-w seconds] [-o nodaemon]\n");
        return EXIT_FAILURE;
    }
    if (ThreadCtl(_NTO_TCTL_IO, 0) == -1)
        return fail("I/O privilege");
    dispatch_t *dpp = dispatch_create_channel(-1, 0);
    if (dpp == NULL)
        return fail("dispatch");
    lwip_init();
    iface_tune_loopback();
    int coid = message_connect(dpp, 0);
    if (coid == -1)
        return fail("connection");
    virtio_net_start(dpp, coid);
    gem_start(dpp, coid);
    if (!options.no_dhcp)
        iface_start_dhcp();
    errno = resolv_attach(dpp);
    if (errno != 0)
        return fail("/etc/resolv.conf");
    if (attach(dpp) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    return serve(dpp);
}
