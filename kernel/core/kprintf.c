/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel messages.  Formatted on the caller's stack and written with one firmware call, so they may be printed from any
 * context, also while another message is being printed on this hart.  The lock only keeps lines whole: it is given up on
 * after a while, because a hart may have stopped inside it. */
#include <stdarg.h>
#include "arch/riscv64/riscv.h"
#include "core/panic.h"
#include "lib/format.h"
#include "lib/string.h"

#define PATIENCE 100000

static _Atomic uint32_t writing; /* hart + 1 */

void console_write(const char *text, size_t bytes)
{
    uint32_t me = this_hart()->index + 1;
    bool mine = false;
    for (int i = 0; i < PATIENCE && !mine; i++) {
        uint32_t none = 0;
        mine = atomic_compare_exchange_weak_explicit(&writing, &none, me, memory_order_acquire, memory_order_relaxed);
        if (!mine && none == me)
            break; /* re-entered */
        if (!mine)
            arch_relax();
    }
    sbi_console_write(text, bytes);
    if (mine)
        atomic_store_explicit(&writing, 0, memory_order_release);
}

void kprintf(const char *fmt, ...)
{
    char buf[400];
    va_list ap;
    va_start(ap, fmt);
    size_t n = format_v(buf, sizeof(buf), fmt, ap);
    va_end(ap);
    console_write(buf, n < sizeof(buf) ? n : sizeof(buf) - 1);
}
