/* SPDX-License-Identifier: Apache-2.0 */
/* What the system is called, how much of it there is, randomness. */
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <abi/syspage.h>
#include <abi/thread.h>
#include <abi/time.h>
#include <abi/tm.h>
#include "qrv.h"

static const struct qrv_syspage *syspage(void)
{
    return (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
}

static void put(char *d, size_t size, const char *s)
{
    size_t n = 0;
    while (n + 1 < size && s[n]) {
        d[n] = s[n];
        n++;
    }
    d[n] = 0;
}

/* The host's name is one line of a file, so that it lasts over a reboot and needs no server of its
 * own. */
static void node_name(char *d, size_t size)
{
    char line[65];
    put(d, size, "localhost");
    long fd = __qrv_open(AT_FDCWD, "/etc/hostname", O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, KC_SEND_NC);
    if (fd < 0)
        return;
    long n = __qrv_read((int)fd, line, sizeof line - 1, KC_SEND_NC);
    __qrv_close((int)fd);
    long len = 0;
    while (len < n && line[len] > ' ')
        len++;
    if (len <= 0)
        return;
    line[len] = 0;
    put(d, size, line);
}

static long do_uname(struct utsname *u)
{
    put(u->sysname, sizeof u->sysname, "QRV");
    node_name(u->nodename, sizeof u->nodename);
    put(u->release, sizeof u->release, QRV_VERSION);
    put(u->version, sizeof u->version, "QRV " QRV_VERSION);
    put(u->machine, sizeof u->machine, "riscv64");
    return 0;
}

static long do_sysinfo(struct sysinfo *si)
{
    struct tmsg_hdr m = {.type = TMSG_SYS, .subtype = TMSG_SYS_MEMINFO};
    struct tm_mem_info mem;
    uint64_t ns = 0;
    long rc = __qrv_tm(&m, sizeof m, &mem, sizeof mem);
    if (rc < 0)
        return rc;
    __kercall3(KC_CLOCK_TIME, _KC_CLOCK_MONOTONIC, 0, (long)&ns);
    *si = (struct sysinfo){.uptime = ns / NSEC_PER_SEC,
                           .totalram = mem.total_bytes,
                           .freeram = mem.free_bytes,
                           .mem_unit = 1};
    return 0;
}

/* No server of randomness, no randomness: guessing from a clock would be worse than an error. */
static long do_random(char *buf, size_t n)
{
    long fd = __qrv_open(AT_FDCWD, "/dev/random", O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, KC_SEND_NC);
    size_t done = 0;
    if (fd < 0)
        return -ENOSYS;
    while (done < n) {
        long rc = __qrv_read((int)fd, buf + done, n - done, KC_SEND_NC);
        if (rc == -EINTR)
            continue;
        if (rc <= 0) {
            __qrv_close((int)fd);
            return done ? (long)done : rc ? rc : -EIO;
        }
        done += (size_t)rc;
    }
    __qrv_close((int)fd);
    return (long)done;
}

long __qrv_misc(long n, long a, long b, long c, long d)
{
    (void)c, (void)d;
    switch (n) {
    case SYS_uname:
        return do_uname((struct utsname *)a);
    case SYS_sysinfo:
        return do_sysinfo((struct sysinfo *)a);
    case SYS_getrandom:
        return do_random((char *)a, (size_t)b);
    case SYS_getcpu:
        if (syspage()->num_cpu == 1) {
            if (a)
                *(unsigned *)a = 0;
            return 0;
        }
        return -ENOSYS;
    default:
        return -ENOSYS;
    }
}
