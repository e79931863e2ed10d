/* SPDX-License-Identifier: Apache-2.0 */
/* Two machines described by hand: one like QEMU's virt, one with a hart that has no MMU, odd reservations and a console behind an
 * alias.  Then thousands of damaged copies under the sanitizers: whatever comes in, reading ends and stays inside. */
#include <stdbool.h>
#include "platform/board.h"
#include "test/test.h"
#include "test/tree.h"

static void cpu(struct tree *t, uint32_t id, const char *mmu, const char *isa, const char *status, uint32_t phandle)
{
    char name[16];
    snprintf(name, sizeof(name), "cpu@%u", id);
    tree_begin(t, name);
    tree_str(t, "device_type", "cpu");
    tree_cells(t, "reg", id);
    if (mmu != NULL)
        tree_str(t, "mmu-type", mmu);
    if (status != NULL)
        tree_str(t, "status", status);
    tree_str(t, "riscv,isa", isa);
    tree_begin(t, "interrupt-controller");
    tree_cells(t, "phandle", phandle);
    tree_end(t);
    tree_end(t);
}

static uint32_t odd_machine(uint8_t *out)
{
    static struct tree t;
    memset(&t, 0, sizeof(t));
    tree_begin(&t, "");
    tree_cells(&t, "#address-cells", 2);
    tree_cells(&t, "#size-cells", 2);
    tree_str(&t, "model", "Odd Board");
    tree_begin(&t, "aliases");
    tree_str(&t, "serial0", "/soc/serial@10010000");
    tree_end(&t);
    tree_begin(&t, "chosen");
    tree_str(&t, "stdout-path", "serial0:115200n8");
    tree_str(&t, "bootargs", "quiet");
    tree_cells(&t, "linux,initrd-start", 0x90000000);
    tree_cells(&t, "linux,initrd-end", 0, 0x90000123);
    tree_end(&t);
    tree_begin(&t, "cpus");
    tree_cells(&t, "#address-cells", 1);
    tree_cells(&t, "#size-cells", 0);
    tree_cells(&t, "timebase-frequency", 1000000);
    cpu(&t, 0, NULL, "rv64imac", NULL, 1);
    cpu(&t, 1, "riscv,sv39", "rv64imafdc_sstc", NULL, 2);
    cpu(&t, 7, "riscv,sv48", "rv64imafdc_zba_sstc_svpbmt", "okay", 3);
    cpu(&t, 9, "riscv,sv39", "rv64imafdc_sstcx", "disabled", 4);
    tree_end(&t);
    tree_begin(&t, "memory@80000000");
    tree_str(&t, "device_type", "memory");
    tree_cells(&t, "reg", 0, 0x80000000, 0, 0x20000000, 2, 0x800, 0, 0x3000);
    tree_end(&t);
    tree_begin(&t, "reserved-memory");
    tree_cells(&t, "#address-cells", 2);
    tree_cells(&t, "#size-cells", 2);
    tree_begin(&t, "firmware@80000000");
    tree_cells(&t, "reg", 0, 0x80000000, 0, 0x80000);
    tree_prop(&t, "no-map", "", 0);
    tree_end(&t);
    tree_begin(&t, "pool@88000000");
    tree_cells(&t, "reg", 0, 0x88000800, 0, 0x100);
    tree_end(&t);
    tree_end(&t);
    tree_begin(&t, "soc");
    tree_cells(&t, "#address-cells", 1);
    tree_cells(&t, "#size-cells", 1);
    tree_cells(&t, "ranges", 0x10000000, 3, 0, 0x10000000);
    tree_begin(&t, "serial@10010000");
    tree_prop(&t, "compatible", "odd,uart\0sifive,uart0", 22);
    tree_cells(&t, "reg", 0x10010000, 0x1000);
    tree_cells(&t, "interrupts", 4);
    tree_cells(&t, "reg-shift", 2);
    tree_end(&t);
    tree_begin(&t, "test@10100000");
    tree_str(&t, "compatible", "sifive,test0");
    tree_cells(&t, "reg", 0x10100000, 0x1000);
    tree_end(&t);
    tree_end(&t);
    tree_end(&t);
    const uint64_t rsv[] = { 0x84000000, 0x1000 };
    return tree_finish(&t, out, rsv, 1);
}

static void check_odd(const uint8_t *blob, uint32_t size)
{
    static struct board b;
    CHECK(fdt_open(&b.fdt, blob, size));
    CHECK(board_read(&b) == NULL);
    CHECK(b.ram.count == 2 && b.ram.r[0].base == 0x80080000 && b.ram.r[0].end == 0xa0000000);
    CHECK(b.ram.r[1].base == 0x200001000 && b.ram.r[1].end == 0x200003000);
    CHECK(b.reserved.count == 3);
    CHECK(b.reserved.r[0].base == 0x84000000 && b.reserved.r[0].end == 0x84001000);
    CHECK(b.reserved.r[1].base == 0x88000000 && b.reserved.r[1].end == 0x88001000);
    CHECK(b.reserved.r[2].base == 0x90000000 && b.reserved.r[2].end == 0x90001000);
    CHECK(b.initrd == 0x90000000 && b.initrd_end == 0x90000123);
    CHECK(b.num_harts == 2 && b.hartids[0] == 1 && b.hartids[1] == 7 && b.skipped_harts == 2);
    CHECK(b.sstc && b.timebase == 1000000 && b.test_device == 0x300100000);
    CHECK(board_hart_of_intc(&b.fdt, 3) == 7 && board_hart_of_intc(&b.fdt, 99) == -1);
    struct qrv_syspage sp = { 0 };
    board_fill_syspage(&b, 7, &sp);
    CHECK(strcmp(sp.machine, "Odd Board") == 0 && strcmp(sp.cmdline, "quiet") == 0);
    CHECK(strcmp(sp.isa, "rv64imafdc_zba_sstc_svpbmt") == 0);
    CHECK(sp.console.paddr == 0x300010000 && sp.console.irq == 4 && sp.console.reg_shift == 2);
    CHECK(strcmp(sp.console.compatible, "sifive,uart0") == 0);
}

static void walk(const struct fdt *t)
{
    int depth = 0, nodes = 0;
    for (fdt_node n = fdt_root(t); n != FDT_NONE; n = fdt_next(t, n, &depth))
        CHECK(++nodes < 10000 && depth >= 0 && depth <= FDT_DEPTH_MAX);
    (void)fdt_find(t, "/soc/serial");
}

static void damage(const uint8_t *blob, uint32_t size)
{
    static struct board b;
    for (int i = 0; i < 20000; i++) {
        uint32_t n = test_random() % 8 == 0 ? (uint32_t)(test_random() % (size + 1)) : size;
        uint8_t *copy = malloc(n > 0 ? n : 1);
        memcpy(copy, blob, n);
        for (unsigned k = test_random() % 6; k-- > 0 && n > 0;)
            copy[test_random() % n] = (uint8_t)(test_random() % 3 == 0 ? test_random() % 10 : test_random());
        memset(&b, 0, sizeof(b));
        if (fdt_open(&b.fdt, copy, n)) {
            walk(&b.fdt);
            struct qrv_syspage sp = { 0 };
            if (board_read(&b) == NULL)
                board_fill_syspage(&b, b.hartids[0], &sp);
        }
        free(copy);
    }
}

int main(void)
{
    static uint8_t blob[32768];
    uint32_t size = odd_machine(blob);
    check_odd(blob, size);
    struct fdt t;
    CHECK(!fdt_open(&t, blob, size - 1) && !fdt_open(&t, blob, 10));
    walk(&(struct fdt){ 0 });
    damage(blob, size);
    return test_done("board");
}
