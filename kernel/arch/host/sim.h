/* SPDX-License-Identifier: Apache-2.0 */
/* Harts on the build machine.
 *
 * Two modes.  Taking turns (the default): all harts run on one thread of the host, each with a stack of its own; at every atomic
 * operation of the kernel (host_point()) the random numbers of the seed decide who goes on, time is a counter, so a run is the same every
 * time.  Free running: each hart is a thread of the host, with random pauses at the same points.
 *
 * sim.c and user.c are compiled without ThreadSanitizer and tell it of each hart as a fiber without synchronisation: whatever they do to
 * pass the turn orders nothing in its eyes.  Only the kernel's own atomics do.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_HARTS_MAX 8
#define SIM_NEVER UINT64_MAX

struct sim_config {
    unsigned harts;
    uint64_t seed;
    bool free_running;
    unsigned pace; /* mean number of points between two turns */
};
extern struct sim_config sim_config;

/* Runs hart_main() on every hart; does not return. */
_Noreturn void sim_run(void (*hart_main)(unsigned index));
unsigned sim_self(void);
uint64_t sim_random(void);
void host_point(void);
void host_fence(int order);
bool host_sc_fails(void);

uint64_t sim_now(void);
void sim_timer_set(uint64_t when); /* of this hart */
bool sim_timer_due(void);
void sim_kick(unsigned index);
bool sim_take_ipi(void);
bool sim_interrupted(void); /* any kind, for this hart */
void sim_raise_external(void);     /* any hart may take it */
bool sim_external(void);
void sim_clear_external(void);
void host_hart_is(unsigned index); /* up-call: this_hart() is this one from now on */
void sim_relax(void); /* somebody else must go on first */
void sim_idle(void);  /* returns when an interrupt is pending for this hart */

/* Contexts of user threads: a stack and a program, entered from a hart, left with sim_leave(). */
struct context;
struct context *sim_context(void (*entry)(void *), void *arg); /* NULL: too many */
void sim_context_free(struct context *c);
void sim_enter(struct context *c);
void sim_leave(void);

/* Kernel stacks.  A hart begins on one of its own; start() on a fresh one is told by sim_stack_leave() that its hart goes on there. */
struct context *sim_stack(void);     /* the one that this hart is on */
struct context *sim_stack_new(void);
void sim_stack_leave(struct context *fresh, void (*start)(void)); /* returns on the hart that passes the stack to sim_stack_return() */
_Noreturn void sim_stack_return(struct context *c);               /* the stack of before is nobody's */

/* Set by whoever uses it: says what the kernel looks like when nothing moves any more. */
extern void (*sim_report)(void);
_Noreturn void sim_fail(const char *why);
void sim_watchdog(unsigned seconds); /* fails by itself after that time of the host */
