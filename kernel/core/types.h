/* SPDX-License-Identifier: Apache-2.0 */
/* Scalar types and small helpers every kernel file may use. */
#pragma once
#include <errno.h> /* kernel/lib/errno.h: the numbers of libc's <errno.h> */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/list.h"

typedef uint64_t paddr_t;
typedef uint64_t nsec_t; /* nanoseconds */

/* An address of the current (or a named) process: a struct so that it cannot be dereferenced by accident. */
struct uaddr {
    uint64_t va;
};
#define UADDR(x) ((struct uaddr){ (uint64_t)(x) })

/* racy_read(x), racy_write(x, v) (machine.h): a field that some read without the lock under which it is written; both sides say so.  What
 * comes out is a value that was there; who acts on it looks again under the lock, or can do with an old one. */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define ALIGN_UP(x, a) (((x) + (a)-1) & ~((a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((a)-1))

_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void kprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#define kassert(cond) \
    ((cond) ? (void)0 : panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond))
