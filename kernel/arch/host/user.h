/* SPDX-License-Identifier: Apache-2.0 */
/* User programs on the build machine: C functions on a stack of their own, which make kernel calls with kc().  Their memory as the
 * kernel sees it is a fake address space: u_read(), u_write() are their loads and stores.
 *
 * Every process has USER_BYTES of lazy memory at USER_BASE: first the scenario's own USER_SHARED bytes, then a slot per thread: buffers at
 * its start (u_buf()), its stack, where signal frames go, at its end.  A signal handler is a C function void (int signo) and may make
 * calls.
 */
#pragma once
#include <abi/kercall.h>
#include <abi/thread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_BASE 0x100000UL
#define USER_SHARED 0x40000UL
#define USER_SLOT 0x5000UL
#define USER_SLOTS 60UL
#define USER_BYTES (USER_SHARED + USER_SLOT * USER_SLOTS)
#define USER_BUF 0x3000UL /* of a slot */

struct uproc; /* what the tests know of a process */
struct uproc *user_process(int32_t pid);
/* The record that makes the first thread of p start at fn(arg). */
struct _kc_thread_create user_first_thread(struct uproc *p, void (*fn)(void *), void *arg);
/* Stacks of threads that will never run again: all but those of the processes below keep_pid. */
void user_sweep(int32_t keep_pid);

int64_t kc_n(uint32_t number, const uint64_t a[6]);
#define KC6_(n, a, b, c, d, e, f, ...) \
    kc_n(n, (const uint64_t[6]){ (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), (uint64_t)(f) })
#define kc(n, ...) KC6_(n, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* Lets interrupts in, as every instruction of a real program does. */
void u_poll(void);
void u_write(uint64_t va, const void *src, size_t bytes);
void u_read(void *dst, uint64_t va, size_t bytes);
uint64_t u_fetch(uint64_t va); /* as an instruction; 0: the page is not there */
_Atomic uint32_t *u_word(uint64_t va);
uint64_t u_buf(void);          /* USER_BUF bytes of this thread's own */
int32_t u_pid(void);
uint64_t u_random(void);       /* this thread's own: the same with the same seed */
/* ThreadCreate(): tid or -errno. */
int64_t u_thread(void (*fn)(void *), void *arg, uint32_t flags, int priority);

/* For the other side of arch/host. */
void host_stderr(const char *text, size_t bytes);
void host_backtrace(void);
extern bool user_quiet; /* no console output */
