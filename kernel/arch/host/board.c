/* SPDX-License-Identifier: Apache-2.0 */
/* The machine around the harts: boot, interrupt controller, console, the end. */
#include <abi/syspage.h>
#include <stdarg.h>
#include "core/boot.h"
#include "core/panic.h"
#include "host.h"
#include "lib/format.h"
#include "mm/frame.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/sync.h"
#include "object/timer.h"
#include "platform/plic.h"
#include "user.h"

struct hart harts[QRV_HARTS_MAX];
uint32_t num_harts = 1;
struct kernel_info kernel_info;

/* ---- interrupt controller: level 1 while raised */

static _Atomic uint32_t raised, masked = ~0U; /* bit per vector */

uint32_t plic_sources(void)
{
    return HOST_VECTORS;
}

void plic_init(const struct fdt *t)
{
    (void)t;
}

void plic_mask(uint32_t vector)
{
    atomic_fetch_or_explicit(&masked, 1U << vector, memory_order_seq_cst);
}

void plic_unmask(uint32_t vector)
{
    atomic_fetch_and_explicit(&masked, ~(1U << vector), memory_order_seq_cst);
    if (atomic_load_explicit(&raised, memory_order_seq_cst) & 1U << vector)
        sim_raise_external();
}

void plic_complete(uint32_t vector)
{
    (void)vector;
}

uint32_t plic_claim(void)
{
    for (;;) {
        uint32_t open = atomic_load_explicit(&raised, memory_order_seq_cst) & ~atomic_load_explicit(&masked, memory_order_seq_cst);
        if (open == 0)
            return 0;
        uint32_t vector = (uint32_t)__builtin_ctz(open);
        if (atomic_fetch_and_explicit(&raised, ~(1U << vector), memory_order_seq_cst) & 1U << vector)
            return vector;
    }
}

void host_raise(uint32_t vector)
{
    atomic_fetch_or_explicit(&raised, 1U << vector, memory_order_seq_cst);
    sim_raise_external();
}

void host_external_interrupts(void)
{
    uint32_t vector;
    sim_clear_external();
    while ((vector = plic_claim()) != 0) {
        plic_mask(vector);
        kernel_external_interrupt(vector);
    }
}

/* ---- console and the end */

void console_write(const char *text, size_t bytes)
{
    host_stderr(text, bytes);
}

void kprintf(const char *fmt, ...)
{
    char buf[400];
    va_list ap;
    va_start(ap, fmt);
    size_t n = format_v(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    console_write(buf, MIN(n, sizeof(buf) - 1));
}

void panic(const char *fmt, ...)
{
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    (void)format_v(text, sizeof(text), fmt, ap);
    va_end(ap);
    host_backtrace();
    sim_fail(text);
}

void panic_with_regs(const struct regs *r, const char *fmt, ...)
{
    (void)r;
    panic("%s", fmt);
}

void arch_reboot(int how, int code)
{
    panic("reboot %d, code %d", how, code);
}

void arch_panic_stop(int code)
{
    panic("stopped with code %d", code);
}

static const char *state_name(unsigned state)
{
    static const char *const names[STATE_MAX] = {
        "DEAD", "RUNNING", "READY", "STOPPED", "SEND", "RECEIVE", "REPLY", "STACK", "WAITTHREAD", "WAITPAGE", "SIGSUSPEND",
        "SIGWAITINFO", "NANOSLEEP", "MUTEX", "CONDVAR", "JOIN", "INTR", "SEM", "WAITCTX", "NET_SEND", "NET_REPLY",
    };
    return state < STATE_MAX ? names[state] : "?";
}

/* Reads what it likes: the machine has stopped. */
__attribute__((no_sanitize("thread"))) void host_report(void)
{
    user_quiet = false;
    for (uint32_t i = 0; i < num_harts; i++) {
        const struct hart *h = &harts[i];
        kprintf("hart %u: current %d.%d locks %u top %d\n", i, h->current ? h->current->proc->pid : 0,
                h->current ? h->current->tid : 0, h->lock_depth, __atomic_load_n((const int *)&h->rq.top_prio, __ATOMIC_RELAXED));
        for (uint32_t l = 0; l < h->lock_depth; l++)
            kprintf("  holds %p rank %u\n", (const void *)h->locks[l], h->locks[l]->rank);
    }
    for (int pid = 1; pid <= QRV_PID_MAX; pid++) {
        struct process *p = process_get(pid);
        if (!p)
            continue;
        kprintf("process %d %s: flags %x refs %u live threads %u phase %u\n", pid, p->name, atomic_load(&p->flags),
                atomic_load(&p->refs), p->live_threads, p->teardown_phase);
        list_for_each(e, &p->thread_list) {
            const struct thread *t = list_entry(e, struct thread, proc_link);
            kprintf("  thread %d: %s on %lx/%lx flags %x prio %u hart %d call %u on_cpu %u xfers %x deferred %u\n", t->tid,
                    state_name(t->state), t->blocked_on, t->blocked_aux, atomic_load(&t->flags), t->prio, t->hart, (unsigned)t->call,
                    atomic_load(&t->on_cpu), t->msg.xfers, t->msg.deferred);
        }
    }
}

/* ---- boot */

static void boot_syspage(void)
{
    paddr_t pa = frame_alloc();
    struct qrv_syspage *sp = phys_to_virt(pa);
    sp->magic = QRV_SYSPAGE_MAGIC;
    sp->num_cpu = num_harts;
    sp->tick_ns = 1000000;
    kernel_info.syspage = pa;
    aspace_set_syspage(pa);
    clock_init(sp);
}

static void boot_taskman(void (*entry)(void *))
{
    struct tm_proc_create pc = { .attr = { .abilities = TM_ABLE_ALL, .name = "taskman" } };
    struct process *p;
    if (process_create(&pc, NULL, &p) != 0 || p->pid != TASKMAN_PID)
        panic("cannot create process 1");
    taskman = p;
    if (aspace_map_anon(p->as, USER_BASE, USER_BYTES, TM_PROT_READ | TM_PROT_WRITE, TM_MAP_ANON | TM_MAP_LAZY) != 0)
        panic("no memory for taskman");
    struct _kc_thread_create tc = user_first_thread(user_process(TASKMAN_PID), entry, NULL);
    if (thread_create(p, &tc, NULL, NULL) < 0)
        panic("cannot create taskman's first thread");
}

void host_boot(void (*entry)(void *))
{
    sim_report = host_report;
    num_harts = sim_config.harts;
    host_hart_is(0);
    for (uint32_t i = 0; i < num_harts; i++) {
        harts[i].index = harts[i].hartid = i;
        harts[i].bit = 1U << i;
        harts[i].others = num_harts - 1;
        harts[i].timer_armed = (nsec_t)-1;
    }
    host_ram_init();
    intr_init();
    boot_syspage();
    sched_init();
    sync_init();
    boot_taskman(entry);
}
