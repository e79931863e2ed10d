/* SPDX-License-Identifier: Apache-2.0 */
/* User threads as contexts, see user.h.  Compiled without ThreadSanitizer: user code is not what is under test, and its stacks come and
 * go between harts. */
#include "user.h"
#include <errno.h>
#include <execinfo.h>
#include <stdlib.h>
#include <unistd.h>
#include "host.h"

#define PC_START 0x10000UL
#define PC_CALL 0x20000UL
#define PC_USER 0x30000UL /* interrupted or faulted */

struct uproc {
    int32_t pid;
    bool used;
    _Atomic uint64_t slots; /* bit per thread slot in use */
    _Atomic uint32_t left[USER_SLOTS];
};

struct ucode { /* co.private */
    struct co co;
    struct uproc *proc;
    unsigned slot;
    uint64_t random;
    void (*fn)(void *);
    void *arg;
    bool used;
};

#define CODES 3000
#define UPROCS 1024
static struct ucode codes[CODES];
static struct uproc uprocs[UPROCS];
static struct ucode *_Atomic current[SIM_HARTS_MAX];
static _Atomic bool tables_lock;
bool user_quiet = true;

void host_stderr(const char *text, size_t bytes)
{
    if (!user_quiet)
        (void)!write(2, text, bytes);
}

void host_backtrace(void)
{
    void *at[24];
    user_quiet = false;
    backtrace_symbols_fd(at, backtrace(at, 24), 2);
}

static void lock_tables(void)
{
    while (atomic_exchange(&tables_lock, true))
        ;
}

static void unlock_tables(void)
{
    atomic_store(&tables_lock, false);
}

static __attribute__((noinline)) struct ucode *me(void)
{
    return atomic_load_explicit(&current[sim_self()], memory_order_relaxed);
}

/* ---- traps */

static void trap(struct ucode *u, enum host_trap cause)
{
    u->co.cause = cause;
    sim_leave();
    atomic_store_explicit(&current[sim_self()], u, memory_order_relaxed);
}

/* The kernel has sent us elsewhere: into signal handlers, until we are back at pc (or one of the two). */
static void run_handlers(struct ucode *u, uint64_t pc, uint64_t or_pc)
{
    struct regs *r = &u->co.regs;
    while (r->pc != pc && r->pc != or_pc) {
        uint64_t frame = r->x[REG_SP];
        ((void (*)(int))r->pc)((int)r->x[REG_A0]);
        r->x[REG_SP] = frame;
        r->x[REG_A0] = frame;
        r->x[REG_A7] = KC_SIGNAL_RETURN;
        r->pc = PC_CALL;
        trap(u, HOST_CALL);
    }
}

void u_poll(void)
{
    host_point();
    if (!sim_interrupted())
        return;
    struct ucode *u = me();
    u->co.regs.pc = PC_USER;
    trap(u, HOST_INTERRUPT);
    run_handlers(u, PC_USER, PC_USER);
}

uint64_t u_random(void)
{
    struct ucode *u = me();
    u->random ^= u->random << 13;
    u->random ^= u->random >> 7;
    u->random ^= u->random << 17;
    return u->random * 0x2545f4914f6cdd1dUL >> 11;
}

int64_t kc_n(uint32_t number, const uint64_t a[6])
{
    u_poll();
    struct ucode *u = me();
    struct regs *r = &u->co.regs;
    for (int i = 0; i < 6; i++)
        r->x[REG_A0 + i] = a[i];
    r->x[REG_A7] = number;
    r->pc = PC_CALL;
    do { /* the kernel may set the pc back to the call */
        trap(u, HOST_CALL);
        run_handlers(u, PC_CALL, PC_CALL + 4);
    } while (r->pc == PC_CALL);
    return (int64_t)r->x[REG_A0];
}

static void fault(struct ucode *u, uint64_t va, bool write)
{
    u->co.fault_va = va;
    u->co.fault_write = write;
    u->co.regs.pc = PC_USER;
    trap(u, HOST_FAULT);
    run_handlers(u, PC_USER, PC_USER);
}

/* Not memcpy(): that one is watched. */
static void copy_bytes(void *to, const void *from, size_t n)
{
    volatile char *t = to;
    for (size_t i = 0; i < n; i++)
        t[i] = ((const char *)from)[i];
}

void host_regs_set(struct co *c, const struct regs *r)
{
    copy_bytes(&c->regs, r, sizeof(*r));
}

void host_regs_get(const struct co *c, struct regs *r)
{
    copy_bytes(r, &c->regs, sizeof(*r));
}

static void access_memory(uint64_t va, void *buf, size_t bytes, bool write)
{
    char *b = buf;
    while (bytes > 0) {
        size_t n = bytes < HOST_ACCESS_MAX ? bytes : HOST_ACCESS_MAX;
        copy_bytes(host_bounce(), b, write ? n : 0);
        if (host_user_access(va, n, write) != 0) {
            fault(me(), this_hart()->fixup_addr, write);
            continue;
        }
        copy_bytes(b, host_bounce(), write ? 0 : n);
        b += n;
        va += n;
        bytes -= n;
    }
}

void u_write(uint64_t va, const void *src, size_t bytes)
{
    access_memory(va, (void *)(uintptr_t)src, bytes, true);
}

void u_read(void *dst, uint64_t va, size_t bytes)
{
    access_memory(va, dst, bytes, false);
}

uint64_t u_fetch(uint64_t va)
{
    return host_fetch(va);
}

_Atomic uint32_t *u_word(uint64_t va)
{
    void *p;
    while ((p = host_user_word(va, true)) == NULL)
        fault(me(), va, true);
    return p;
}

/* ---- threads */

static uint64_t slot_va(unsigned slot)
{
    return USER_BASE + USER_SHARED + slot * USER_SLOT;
}

uint64_t u_buf(void)
{
    return slot_va(me()->slot);
}

int32_t u_pid(void)
{
    return me()->proc->pid;
}

static void start(void *arg)
{
    struct ucode *u = arg;
    atomic_store_explicit(&current[sim_self()], u, memory_order_relaxed);
    run_handlers(u, PC_START, PC_START);
    u->fn(u->arg);
    kc(KC_THREAD_EXIT, 0, 0);
    sim_fail("a thread came back from its end");
}

static struct ucode *code_new(struct uproc *p, void (*fn)(void *), void *arg)
{
    static unsigned cursor;
    struct ucode *u = NULL;
    lock_tables();
    unsigned slot = (unsigned)__builtin_ctzl(~atomic_load(&p->slots));
    if (slot < USER_SLOTS)
        for (unsigned n = 0; n < CODES && !u; n++, cursor++)
            if (!codes[cursor % CODES].used)
                u = &codes[cursor % CODES];
    if (u) {
        u->used = true;
        atomic_fetch_or(&p->slots, 1UL << slot);
        host_taken(&p->left[slot]);
    }
    unlock_tables();
    if (!u)
        return NULL;
    u->proc = p;
    u->slot = slot;
    u->fn = fn;
    u->arg = arg;
    u->random = sim_random() | 1;
    u->co.private = u;
    u->co.context = sim_context(start, u);
    return u;
}

static void code_free(struct ucode *u)
{
    lock_tables();
    if (u->used) {
        host_left(&u->proc->left[u->slot]);
        atomic_fetch_and(&u->proc->slots, ~(1UL << u->slot));
        sim_context_free(u->co.context);
        u->used = false;
    }
    unlock_tables();
}

void host_thread_over(struct co *c)
{
    code_free(c->private);
}

static struct _kc_thread_create record(struct ucode *u, uint32_t flags, int priority)
{
    uint64_t stack = slot_va(u->slot) + USER_BUF;
    return (struct _kc_thread_create){
        .flags = flags | (priority ? _KC_TC_SCHED : 0),
        .entry = PC_START,
        .sp = slot_va(u->slot) + USER_SLOT,
        .tls = (uint64_t)(uintptr_t)&u->co,
        .policy = _KC_SCHED_RR,
        .priority = priority,
        .stack_lo = stack,
        .stack_size = USER_SLOT - USER_BUF,
    };
}

struct _kc_thread_create user_first_thread(struct uproc *p, void (*fn)(void *), void *arg)
{
    struct ucode *u = code_new(p, fn, arg);
    if (!u)
        sim_fail("too many user threads");
    return record(u, 0, 10);
}

int64_t u_thread(void (*fn)(void *), void *arg, uint32_t flags, int priority)
{
    struct ucode *u = code_new(me()->proc, fn, arg);
    if (!u)
        return -EAGAIN;
    struct _kc_thread_create tc = record(u, flags, priority);
    u_write(u_buf(), &tc, sizeof(tc));
    int64_t tid = kc(KC_THREAD_CREATE, u_buf());
    if (tid < 0)
        code_free(u);
    return tid;
}

/* ---- processes */

struct uproc *user_process(int32_t pid)
{
    struct uproc *p = NULL;
    lock_tables();
    for (unsigned i = 0; i < UPROCS && !p; i++)
        if (!uprocs[i].used)
            p = &uprocs[i];
    if (p) {
        p->used = true;
        p->pid = pid;
        atomic_store(&p->slots, 0);
    }
    unlock_tables();
    if (!p)
        sim_fail("too many user processes");
    return p;
}

void user_sweep(int32_t keep_pid)
{
    for (unsigned i = 0; i < CODES; i++)
        if (codes[i].used && codes[i].proc->pid > keep_pid)
            code_free(&codes[i]);
    lock_tables();
    for (unsigned i = 0; i < UPROCS; i++)
        if (uprocs[i].used && uprocs[i].pid > keep_pid)
            uprocs[i].used = false;
    unlock_tables();
}
