/* SPDX-License-Identifier: Apache-2.0 */
/* Per-hart data. */
#include "arch/riscv64/layout.h"
#include "core/boot.h"

extern char __stacks_start[]; /* linker script: (guard page, kernel stack, emergency stack) per hart */

struct hart harts[QRV_HARTS_MAX];
uint32_t num_harts = 1;

_Static_assert(QRV_HARTS_MAX == 8, "kernel.lds reserves the stacks of 8 harts");
_Static_assert(KSTACK_SIZE == 16384 && ESTACK_SIZE == 8192, "kernel.lds knows these sizes");

void hart_setup(struct hart *h, uint32_t index, uint32_t hartid)
{
    uint64_t base = (uint64_t)__stacks_start + index * (4096UL + KSTACK_SIZE + ESTACK_SIZE);
    h->index = index;
    h->bit = 1U << index;
    h->hartid = hartid;
    h->kstack_top = base + 4096 + KSTACK_SIZE;
    h->estack_top = h->kstack_top + ESTACK_SIZE;
    h->timer_armed = (nsec_t)-1;
    h->armed = UINT64_MAX;
}
