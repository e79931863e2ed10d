/* SPDX-License-Identifier: Apache-2.0 */
/* SYSPAGE_ENTRY(), ClockCycles() and node names.  Library Reference SYSPAGE_ENTRY(), ClockCycles(),
 * netmgr_strtond(); System Architecture, "Clock and timer services". */
#include <sys/netmgr.h>
#include <sys/neutrino.h>
#include <sys/syspage.h>
#include <time.h>

#include "../tap.h"

int main(void)
{
    struct timespec mono, real;
    char name[64], *end;
    tap_plan(0);
    uint64_t rate = SYSPAGE_ENTRY(qtime)->cycles_per_sec, before = ClockCycles();
    ok(rate >= 1000, "cycles_per_sec is %llu", (unsigned long long)rate);
    uint64_t nsec = SYSPAGE_ENTRY(qtime)->nsec;
    struct timespec ts = {0, 50000000};
    nanosleep(&ts, NULL);
    uint64_t cycles = ClockCycles() - before, passed = SYSPAGE_ENTRY(qtime)->nsec - nsec;
    ok(cycles >= rate / 20 && cycles < rate * 20, "ClockCycles counts at that rate");
    ok(passed >= 50000000 && passed < 20000000000, "qtime->nsec goes on (%llu ns)",
       (unsigned long long)passed);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    nsec = SYSPAGE_ENTRY(qtime)->nsec;
    uint64_t mono_ns = (uint64_t)mono.tv_sec * 1000000000 + (uint64_t)mono.tv_nsec;
    ok(nsec >= mono_ns && nsec - mono_ns < 2000000000, "... and is CLOCK_MONOTONIC");
    clock_gettime(CLOCK_REALTIME, &real);
    uint64_t tod = SYSPAGE_ENTRY(qtime)->nsec + SYSPAGE_ENTRY(qtime)->nsec_tod_adjust;
    ok(tod / 1000000000 - (uint64_t)real.tv_sec <= 2, "nsec + nsec_tod_adjust is the time of day");
    ok(_syspage_ptr->num_cpu >= 1 && _syspage_ptr->num_cpu <= QRV_HARTS_MAX, "%d processors",
       _syspage_ptr->num_cpu);
    ok(strncmp(SYSPAGE_ENTRY(strings), "rv64", 4) == 0, "the ISA string is %s",
       SYSPAGE_ENTRY(strings));
    is_int(netmgr_strtond("localhost/x", &end), ND_LOCAL_NODE, "localhost is the local node");
    is_str(end, "/x", "... and ends at the slash");
    ok(netmgr_strtond("elsewhere", NULL) == -1 && errno == ENOENT, "there is no other");
    ok(netmgr_ndtostr(0, ND_LOCAL_NODE, name, sizeof name) > 0, "its name is %s", name);
    is_int(netmgr_ndtostr(0, ND_LOCAL_NODE, name, 3), -1, "... which needs room");
    return done();
}
