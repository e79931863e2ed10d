/* SPDX-License-Identifier: Apache-2.0 */
/* Shorthands of pidin that do not fit columns: info, memory, channels, syspage. */
#include "pidin.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <abi/syspage.h>
#include <abi/taskman.h>

static unsigned processes, threads;

static void count(struct subject *subject)
{
    processes++;
    threads += subject->info.num_threads;
}

static const struct qrv_syspage *syspage(void)
{
    return (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
}

static void info(const struct selection *selection)
{
    const struct qrv_syspage *page = syspage();
    struct tmsg_hdr msg = {.type = TMSG_SYS, .subtype = TMSG_SYS_MEMINFO};
    struct tm_mem_info mem = {0};
    struct utsname name;
    char boot[64];
    time_t when = (time_t)page->boot_time_sec;
    struct tm tm;
    (void)selection;
    uname(&name);
    MsgSend(SYSMGR_COID, &msg, sizeof msg, &mem, sizeof mem);
    strftime(boot, sizeof boot, "%b %d %H:%M:%S UTC %Y", gmtime_r(&when, &tm));
    for_each_process(&(struct selection){NULL, NULL}, count);
    printf("CPU:RISCV64 Release:%s  FreeMem:%" PRIu64 "MB/%" PRIu64 "MB BootTime:%s\n",
           name.release, mem.free_bytes >> 20, page->ram_bytes >> 20, boot);
    printf("Machine: %s\n", page->machine);
    printf("Processes: %u, Threads: %u\n", processes, threads);
    for (unsigned i = 0; i < page->num_cpu && i < QRV_HARTS_MAX; i++)
        printf("Processor%u: hart %u %.*s\n", i + 1, page->hartid[i], (int)strcspn(page->isa, "_"),
               page->isa);
}

static void print_memory(struct subject *subject)
{
    procfs_mapinfo map;
    printf("%8d %s (%" PRIu64 "K)\n", (int)subject->info.pid, proc_base(subject->info.name),
           subject->info.pages * 4);
    for (uint64_t at = 0;
         proc_map(subject->fd, at, &map) == 0 && map.bytes > 0 && map.addr + map.bytes > at;
         at = map.addr + map.bytes) {
        map.name[sizeof map.name - 1] = '\0';
        printf("         %010" PRIx64 " %8" PRIu64 "K %c%c%c %s\n", map.addr, map.bytes >> 10,
               map.prot & TM_PROT_READ ? 'r' : '-', map.prot & TM_PROT_WRITE ? 'w' : '-',
               map.prot & TM_PROT_EXEC ? 'x' : '-', map.name);
    }
}

static void mapinfo(const struct selection *selection)
{
    for_each_process(selection, print_memory);
}

static void print_channels(struct subject *subject)
{
    procfs_channel ch;
    for (int chid = 0; proc_channel(subject->fd, chid, &ch) == 0 && ch.chid >= chid;
         chid = ch.chid + 1)
        printf("%8d %-18s %4d %04x %5u %7u %5u %5u\n", (int)subject->info.pid,
               proc_base(subject->info.name), (int)ch.chid, ch.flags, ch.num_send, ch.num_receive,
               ch.num_reply, ch.num_pulse);
}

static void channels(const struct selection *selection)
{
    printf("     pid name               chid flag  send receive reply pulse\n");
    for_each_process(selection, print_channels);
}

/* Connections that are file descriptors; what a server calls them only it knows, so servers are
 * shown. */
static void print_descriptors(struct subject *subject)
{
    struct _server_info info;
    int coid = 0;
    printf("%8d %s\n", (int)subject->info.pid, proc_base(subject->info.name));
    while ((coid = ConnectServerInfo(subject->info.pid, coid, &info)) >= 0 &&
           coid < _NTO_SIDE_CHANNEL) {
        procfs_info server = {.name = "?"};
        int fd = proc_open(info.pid);
        if (fd != -1) {
            proc_info(fd, &server);
            close(fd);
        }
        printf("         %4d %c chid %d of %d %.64s\n", coid,
               info.flags & _NTO_COF_CLOEXEC ? 'c' : ' ', (int)info.chid, (int)info.pid,
               proc_base(server.name));
        coid++;
    }
}

static void fds(const struct selection *selection)
{
    for_each_process(selection, print_descriptors);
}

static void show_syspage(const struct selection *selection)
{
    const struct qrv_syspage *page = syspage();
    (void)selection;
    printf("machine: %s\nprocessors: %u, boot hart %u\nisa: %s\n", page->machine, page->num_cpu,
           page->boot_hart, page->isa);
    printf("cycles_per_sec: %" PRIu64 "\ntick: %u ns\nram: %" PRIu64 " MB\n", page->cycles_per_sec,
           page->tick_ns, page->ram_bytes >> 20);
    printf("console: %s %" PRIx64 "^%u,%u clock %u Hz\nbootargs: %s\n", page->console.compatible,
           page->console.paddr, page->console.reg_shift, page->console.irq, page->console.clock_hz,
           page->cmdline);
}

static const struct {
    const char *name;
    void (*run)(const struct selection *selection);
} reports[] = {{"info", info},
               {"mapinfo", mapinfo},
               {"channels", channels},
               {"fds", fds},
               {"syspage", show_syspage}};

const char *const *report_names(void)
{
    static const char *names[sizeof reports / sizeof reports[0] + 1];
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++)
        names[i] = reports[i].name;
    return names;
}

bool report_run(const char *name, const struct selection *selection)
{
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        if (strcmp(reports[i].name, name) == 0) {
            reports[i].run(selection);
            return true;
        }
    }
    return false;
}
