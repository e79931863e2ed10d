/* SPDX-License-Identifier: Apache-2.0 */
/* The boot order.  Runs on the boot hart with translation on and the early page tables; every other hart is still with the
 * firmware.  Each step says what it needs; a step that cannot do its work panics. */
#include <abi/syspage.h>
#include "arch/riscv64/riscv.h"
#include "core/boot.h"
#include "core/panic_test.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/mm.h"
#include "object/channel.h"
#include "object/intr.h"
#include "object/sync.h"
#include "object/timer.h"
#include "platform/board.h"
#include "platform/plic.h"
#include "platform/reset.h"

#ifndef QRV_VERSION
#define QRV_VERSION "unknown"
#endif
#define PAGE_TABLES_FROM 0 /* anywhere in RAM */

_Noreturn void kernel_main(uint32_t hartid, paddr_t fdt_pa);

struct kernel_info kernel_info;

/* Of the boot steps only. */
static struct board board;
static struct range_set owned; /* RAM of the kernel itself: image, page tables, frame records */
static paddr_t fdt_pa;
static bool harts_were_left;

static void own(paddr_t base, uint64_t bytes)
{
    if (!range_set_add(&board.reserved, base, bytes) || !range_set_add(&owned, base, bytes))
        panic("more memory reservations than this kernel has room for");
}

static paddr_t boot_alloc(uint64_t bytes)
{
    bytes = ALIGN_UP(bytes, PAGE_SIZE);
    paddr_t pa = range_set_find(&board.ram, &board.reserved, PAGE_TABLES_FROM, bytes, PAGE_SIZE);
    if (pa == UINT64_MAX)
        panic("no %lu bytes of RAM left at boot", bytes);
    own(pa, bytes);
    memset(phys_to_virt(pa), 0, bytes);
    return pa;
}

static paddr_t boot_alloc_page(void)
{
    return boot_alloc(PAGE_SIZE);
}

static void step_device_tree(void)
{
    const void *blob = phys_to_virt(fdt_pa);
    uint32_t bytes = fdt_pa % 8 == 0 && fdt_pa < DIRECT_BYTES - FDT_SIZE_MAX ? fdt_blob_size(blob) : 0;
    if (bytes == 0 || !fdt_open(&board.fdt, blob, bytes))
        panic("no device tree at 0x%lx", fdt_pa);
    kernel_info.fdt = blob;
    kernel_info.fdt_bytes = bytes;
    const char *wrong = board_read(&board);
    if (wrong)
        panic("%s", wrong);
    /* What the direct map cannot reach is left alone. */
    (void)range_set_remove(&board.ram, DIRECT_BYTES, UINT64_MAX - DIRECT_BYTES);
    kernel_info.initrd = board.initrd;
    kernel_info.initrd_bytes = board.initrd_end - board.initrd;
}

static void step_reserve(void)
{
    uint64_t image = (uint64_t)(_end - _start);
    own(riscv_image_pa, image);
    own(ALIGN_DOWN(fdt_pa, PAGE_SIZE), ALIGN_UP(fdt_pa % PAGE_SIZE + kernel_info.fdt_bytes, PAGE_SIZE));
    for (unsigned i = 0; i < board.ram.count; i++)
        riscv_map_early(board.ram.r[i].base, board.ram.r[i].end - board.ram.r[i].base);
}

static void step_direct_map(void)
{
    static struct phys_range ram[RANGES_MAX];
    for (unsigned i = 0; i < board.ram.count; i++)
        ram[i] = (struct phys_range){ board.ram.r[i].base, board.ram.r[i].end - board.ram.r[i].base };
    riscv_map_final(ram, board.ram.count, boot_alloc_page);
}

static void step_frames(void)
{
    static struct range_set unused;
    for (unsigned i = 0; i < board.ram.count; i++) {
        uint64_t pages = (board.ram.r[i].end - board.ram.r[i].base) / PAGE_SIZE;
        frame_add_zone(board.ram.r[i].base, pages, phys_to_virt(boot_alloc(frame_table_bytes(pages))));
    }
    for (unsigned i = 0; i < board.reserved.count; i++)
        frame_fix_range(board.reserved.r[i].base, board.reserved.r[i].end);
    for (unsigned i = 0; i < owned.count; i++) {
        frame_own_range(owned.r[i].base, owned.r[i].end);
        kernel_info.kernel_bytes += owned.r[i].end - owned.r[i].base;
    }
    unused = board.ram;
    for (unsigned i = 0; i < board.reserved.count; i++)
        if (!range_set_remove(&unused, board.reserved.r[i].base, board.reserved.r[i].end - board.reserved.r[i].base))
            panic("more memory reservations than this kernel has room for");
    for (unsigned i = 0; i < unused.count; i++)
        frame_release_range(unused.r[i].base, unused.r[i].end);
}

static void step_time(void)
{
    riscv_time_init(board.timebase, board.sstc);
    riscv_hart_init(&harts[0]);
    atomic_store(&harts[0].online, true);
}

static void step_devices(void)
{
    reset_init(board.test_device);
}

static void step_harts(void)
{
    riscv_start_harts(board.hartids, board.num_harts);
    harts_were_left = num_harts < board.num_harts;
}

static void step_interrupts(void)
{
    plic_init(&board.fdt);
    intr_init();
}

static void step_syspage(void)
{
    paddr_t pa = frame_alloc();
    if (pa == 0)
        panic("no memory for the system page");
    struct qrv_syspage *sp = phys_to_virt(pa);
    _Static_assert(sizeof(*sp) <= PAGE_SIZE, "the system page is one page");
    uint64_t total, free;
    frame_stats(&total, &free);
    sp->magic = QRV_SYSPAGE_MAGIC;
    sp->size = sizeof(*sp);
    sp->num_cpu = num_harts;
    sp->boot_hart = harts[0].hartid;
    sp->cycles_per_sec = riscv_time_hz();
    sp->tick_ns = 1000000;
    sp->ram_bytes = total * PAGE_SIZE;
    sp->entry_time = riscv_entry_time();
    for (uint32_t i = 0; i < num_harts; i++)
        sp->hartid[i] = harts[i].hartid;
    board_fill_syspage(&board, harts[0].hartid, sp);
    kernel_info.syspage = pa;
    aspace_set_syspage(pa);
    clock_init(sp);
}

static void step_objects(void)
{
    sched_init();
    sync_init();
}

static void step_banner(void)
{
    const struct qrv_syspage *sp = phys_to_virt(kernel_info.syspage);
    kprintf("QRV %s%s on %s: %u hart%s, %lu MiB, timer %s, SBI %u.%u%s\n", QRV_VERSION,
            QRV_LOCK_DEBUG ? " (checks on)" : "", sp->machine, num_harts, num_harts == 1 ? "" : "s",
            sp->ram_bytes >> 20, board.sstc ? "sstc" : "sbi", sbi_version() >> 24 & 0x7f, sbi_version() & 0xffffff,
            harts_were_left ? ", some harts are not used" : "");
}

static const struct step {
    void (*run)(void);
    const char *what, *needs;
} steps[] = {
    { sbi_init, "firmware calls", "nothing" },
    { step_device_tree, "device tree read", "its GiB in the early direct map" },
    { step_reserve, "kernel and device tree reserved", "device tree" },
    { step_direct_map, "final page tables", "reservations: it allocates" },
    { step_frames, "frame allocator", "final direct map" },
    { step_time, "clock and this hart's registers", "timebase of the device tree" },
    { step_devices, "reset device", "device window of the final page tables" },
    { step_harts, "other harts at the gate", "final page tables, clock" },
    { step_interrupts, "PLIC", "num_harts" },
    { step_syspage, "system page", "frames, num_harts, clock" },
    { step_objects, "scheduler and objects", "num_harts" },
    { taskman_load, "taskman", "all objects, system page" },
    { step_banner, "banner", "system page" },
    { riscv_open_gate, "other harts scheduling", "everything" },
};

_Noreturn void kernel_main(uint32_t hartid, paddr_t fdt)
{
    hart_setup(&harts[0], 0, hartid);
    fdt_pa = fdt;
    for (unsigned i = 0; i < ARRAY_SIZE(steps); i++)
        steps[i].run();
    if (QRV_LOCK_DEBUG)
        panic_test();
    sched_start_hart();
    riscv_enter_user();
}
