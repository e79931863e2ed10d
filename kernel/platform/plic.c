/* SPDX-License-Identifier: Apache-2.0 */
/* PLIC driver.  The context of a hart is the position of its S-mode external interrupt in interrupts-extended, never a formula:
 * harts without S-mode have one context only. */
#include "platform/plic.h"
#include "arch/riscv64/riscv.h"
#include "platform/board.h"

#define PRIORITY(source) ((source)*4UL)
#define ENABLE(context, word) (0x2000UL + (context)*0x80UL + (word)*4UL)
#define THRESHOLD(context) (0x200000UL + (context)*0x1000UL)
#define CLAIM(context) (THRESHOLD(context) + 4)
#define SOURCES_MAX 1023
#define CONTEXTS_MAX 15872
#define IRQ_S_EXTERNAL 9

static volatile char *regs; /* NULL: no PLIC */
static uint32_t sources;
static uint32_t context_of[QRV_HARTS_MAX]; /* constant after boot */
static bool has_context[QRV_HARTS_MAX];

static void write_reg(uint64_t off, uint32_t v)
{
    __asm__ volatile("fence rw, o" ::: "memory");
    *(volatile uint32_t *)(regs + off) = v;
}

static uint32_t read_reg(uint64_t off)
{
    uint32_t v = *(volatile uint32_t *)(regs + off);
    __asm__ volatile("fence i, rw" ::: "memory");
    return v;
}

static void find_contexts(const struct fdt *t, struct fdt_prop ext, uint64_t bytes)
{
    for (uint32_t c = 0; c < ext.len / 8 && c < CONTEXTS_MAX && CLAIM(c) + 4 <= bytes; c++) {
        if (fdt_cell(ext, c * 2 + 1) != IRQ_S_EXTERNAL)
            continue;
        int64_t hartid = board_hart_of_intc(t, fdt_cell(ext, c * 2));
        for (uint32_t i = 0; i < num_harts; i++) {
            if (hartid == (int64_t)harts[i].hartid) {
                context_of[i] = c;
                has_context[i] = true;
            }
        }
    }
}

/* Sources go round the harts that can take them. */
static void route_all(void)
{
    uint32_t usable[QRV_HARTS_MAX], n = 0;
    for (uint32_t i = 0; i < num_harts; i++)
        if (has_context[i])
            usable[n++] = i;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t c = context_of[usable[k]];
        for (uint32_t w = 0; w <= sources / 32; w++) {
            uint32_t bits = 0;
            for (uint32_t b = 0; b < 32; b++) {
                uint32_t s = w * 32 + b;
                if (s != 0 && s <= sources && s % n == k)
                    bits |= 1U << b;
            }
            write_reg(ENABLE(c, w), bits);
        }
        write_reg(THRESHOLD(c), 0);
    }
    if (n == 0)
        sources = 0;
}

void plic_init(const struct fdt *t)
{
    static const char *const names[] = { "sifive,plic-1.0.0", "riscv,plic0" };
    fdt_node n = FDT_NONE;
    uint64_t addr, bytes;
    for (unsigned i = 0; i < ARRAY_SIZE(names) && n == FDT_NONE; i++)
        n = board_find_compatible(t, names[i]);
    if (n == FDT_NONE || !board_device_reg(t, n, &addr, &bytes) || bytes < CLAIM(0) + 4) {
        kprintf("no PLIC: device interrupts do not work\n");
        return;
    }
    regs = riscv_map_device(addr, bytes);
    if (regs == NULL) {
        kprintf("PLIC at 0x%lx does not fit the device window\n", addr);
        return;
    }
    sources = MIN(fdt_u32(t, n, "riscv,ndev", 0), (uint32_t)SOURCES_MAX);
    for (uint32_t s = 1; s <= sources; s++)
        write_reg(PRIORITY(s), 0);
    find_contexts(t, fdt_get(t, n, "interrupts-extended"), bytes);
    route_all();
}

uint32_t plic_sources(void)
{
    return sources;
}

void plic_mask(uint32_t vector)
{
    if (vector != 0 && vector <= sources)
        write_reg(PRIORITY(vector), 0);
}

void plic_unmask(uint32_t vector)
{
    if (vector != 0 && vector <= sources)
        write_reg(PRIORITY(vector), 1);
}

void plic_complete(uint32_t vector)
{
    uint32_t i = this_hart()->index;
    if (regs != NULL && has_context[i])
        write_reg(CLAIM(context_of[i]), vector);
}

uint32_t plic_claim(void)
{
    uint32_t i = this_hart()->index;
    return regs != NULL && has_context[i] ? read_reg(CLAIM(context_of[i])) : 0;
}
