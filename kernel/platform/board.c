/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the machine out of the device tree.  Anything optional that is missing or odd is left out; only memory and harts must
 * be there. */
#include "platform/board.h"
#include "lib/string.h"

#define PAGE 4096UL

/* ------------------------------------------------------------------ memory */

static bool read_memory(struct board *b)
{
    const struct fdt *t = &b->fdt;
    for (fdt_node n = fdt_first_child(t, fdt_root(t)); n != FDT_NONE; n = fdt_next_sibling(t, n)) {
        const char *type = fdt_string(t, n, "device_type");
        uint64_t base, bytes;
        if (type == NULL || strcmp(type, "memory") != 0 || !fdt_is_enabled(t, n))
            continue;
        for (uint32_t i = 0; fdt_reg(t, n, i, &base, &bytes); i++)
            if (!range_set_add(&b->ram, base, bytes))
                return false;
    }
    return true;
}

static bool reserve(struct board *b, uint64_t base, uint64_t bytes)
{
    uint64_t lo = base & ~(PAGE - 1), hi = base + bytes;
    if (bytes == 0)
        return true;
    if (hi < base || hi > UINT64_MAX - PAGE)
        return false;
    hi = (hi + PAGE - 1) & ~(PAGE - 1);
    return range_set_add(&b->reserved, lo, hi - lo);
}

static bool read_reservations(struct board *b)
{
    const struct fdt *t = &b->fdt;
    uint64_t base, bytes;
    for (uint32_t i = 0; fdt_reservation(t, i, &base, &bytes); i++)
        if (!reserve(b, base, bytes))
            return false;
    fdt_node parent = fdt_find(t, "/reserved-memory");
    for (fdt_node n = fdt_first_child(t, parent); n != FDT_NONE; n = fdt_next_sibling(t, n)) {
        bool no_map = fdt_get(t, n, "no-map").data != NULL;
        if (!fdt_is_enabled(t, n))
            continue;
        for (uint32_t i = 0; fdt_reg(t, n, i, &base, &bytes); i++) {
            if (no_map ? !range_set_remove(&b->ram, base, bytes) : !reserve(b, base, bytes))
                return false;
        }
    }
    return true;
}

static uint64_t read_address(const struct fdt *t, fdt_node n, const char *name)
{
    struct fdt_prop p = fdt_get(t, n, name);
    if (p.len == 4)
        return fdt_cell(p, 0);
    return p.len == 8 ? (uint64_t)fdt_cell(p, 0) << 32 | fdt_cell(p, 1) : 0;
}

static void read_initrd(struct board *b)
{
    fdt_node chosen = fdt_find(&b->fdt, "/chosen");
    uint64_t start = read_address(&b->fdt, chosen, "linux,initrd-start");
    uint64_t end = read_address(&b->fdt, chosen, "linux,initrd-end");
    if (start != 0 && end > start && range_set_contains(&b->ram, start, end - start)) {
        b->initrd = start;
        b->initrd_end = end;
    }
}

/* ------------------------------------------------------------------ harts */

static bool isa_string_has(const char *isa, const char *ext)
{
    size_t n = strlen(ext);
    while (*isa != '\0') {
        size_t len = 0;
        while (isa[len] != '\0' && isa[len] != '_')
            len++;
        if (len == n && strncmp(isa, ext, n) == 0)
            return true;
        isa += len + (isa[len] == '_' ? 1 : 0);
    }
    return false;
}

static bool hart_has(const struct fdt *t, fdt_node cpu, const char *ext)
{
    const char *isa = fdt_string(t, cpu, "riscv,isa");
    if (isa != NULL && isa_string_has(isa, ext))
        return true;
    struct fdt_prop p = fdt_get(t, cpu, "riscv,isa-extensions");
    for (uint32_t i = 0; p.data != NULL && i < p.len;) {
        const char *s = (const char *)p.data + i;
        size_t len = strnlen(s, p.len - i);
        if (len == p.len - i)
            break;
        if (strcmp(s, ext) == 0)
            return true;
        i += (uint32_t)len + 1;
    }
    return false;
}

/* The monitor core of SiFive's chips is listed as a cpu but has neither S-mode nor an MMU. */
static bool is_usable(const struct fdt *t, fdt_node cpu)
{
    const char *mmu = fdt_string(t, cpu, "mmu-type");
    return fdt_is_enabled(t, cpu) && mmu != NULL &&
           (strcmp(mmu, "riscv,sv39") == 0 || strcmp(mmu, "riscv,sv48") == 0 || strcmp(mmu, "riscv,sv57") == 0);
}

static bool is_cpu(const struct fdt *t, fdt_node n, uint64_t *hartid)
{
    const char *type = fdt_string(t, n, "device_type");
    uint64_t none;
    return type != NULL && strcmp(type, "cpu") == 0 && fdt_reg(t, n, 0, hartid, &none) && *hartid <= UINT32_MAX;
}

static void read_harts(struct board *b)
{
    const struct fdt *t = &b->fdt;
    fdt_node cpus = fdt_find(t, "/cpus");
    uint64_t hartid;
    b->timebase = fdt_u32(t, cpus, "timebase-frequency", 0);
    b->sstc = true;
    for (fdt_node n = fdt_first_child(t, cpus); n != FDT_NONE; n = fdt_next_sibling(t, n)) {
        if (!is_cpu(t, n, &hartid))
            continue;
        if (b->timebase == 0)
            b->timebase = fdt_u32(t, n, "timebase-frequency", 0);
        if (!is_usable(t, n) || b->num_harts == BOARD_HARTS_MAX) {
            b->skipped_harts++;
            continue;
        }
        b->sstc = b->sstc && hart_has(t, n, "sstc");
        b->hartids[b->num_harts++] = (uint32_t)hartid;
    }
}

int64_t board_hart_of_intc(const struct fdt *t, uint32_t phandle)
{
    fdt_node intc = fdt_by_phandle(t, phandle);
    uint64_t hartid;
    if (intc == FDT_NONE)
        return -1;
    fdt_node cpu = fdt_parent(t, intc);
    return cpu != FDT_NONE && is_cpu(t, cpu, &hartid) ? (int64_t)hartid : -1;
}

/* ------------------------------------------------------------------ devices */

fdt_node board_find_compatible(const struct fdt *t, const char *what)
{
    int depth = 0;
    for (fdt_node n = fdt_root(t); n != FDT_NONE; n = fdt_next(t, n, &depth))
        if (fdt_is_compatible(t, n, what) && fdt_is_enabled(t, n))
            return n;
    return FDT_NONE;
}

static uint64_t cells(struct fdt_prop p, uint32_t at, uint32_t count)
{
    uint64_t v = 0;
    for (uint32_t i = 0; i < count; i++)
        v = v << 32 | fdt_cell(p, at + i);
    return v;
}

/* One step up: the address in the terms of bus's own parent. */
static bool translate(const struct fdt *t, fdt_node bus, uint64_t *addr)
{
    struct fdt_prop r = fdt_get(t, bus, "ranges");
    if (r.data == NULL)
        return false;
    if (r.len == 0)
        return true;
    uint32_t ca = fdt_u32(t, bus, "#address-cells", 2), cs = fdt_u32(t, bus, "#size-cells", 1);
    uint32_t pa = fdt_u32(t, fdt_parent(t, bus), "#address-cells", 2);
    if (ca == 0 || ca > 2 || cs == 0 || cs > 2 || pa == 0 || pa > 2)
        return false;
    for (uint32_t i = 0; i + ca + pa + cs <= r.len / 4; i += ca + pa + cs) {
        uint64_t child = cells(r, i, ca), size = cells(r, i + ca + pa, cs);
        if (*addr >= child && *addr - child < size) {
            *addr = cells(r, i + ca, pa) + (*addr - child);
            return true;
        }
    }
    return false;
}

bool board_device_reg(const struct fdt *t, fdt_node n, uint64_t *addr, uint64_t *bytes)
{
    if (!fdt_reg(t, n, 0, addr, bytes))
        return false;
    for (fdt_node bus = fdt_parent(t, n); bus != FDT_NONE && bus != fdt_root(t); bus = fdt_parent(t, bus))
        if (!translate(t, bus, addr))
            return false;
    return true;
}

/* stdout-path: an absolute path or an alias, with ":options" behind. */
static fdt_node find_console(const struct fdt *t)
{
    char path[128];
    fdt_node chosen = fdt_find(t, "/chosen");
    const char *s = fdt_string(t, chosen, "stdout-path");
    if (s == NULL)
        s = fdt_string(t, chosen, "linux,stdout-path");
    if (s == NULL)
        return FDT_NONE;
    size_t n = 0;
    while (s[n] != '\0' && s[n] != ':' && n < sizeof(path) - 1) {
        path[n] = s[n];
        n++;
    }
    path[n] = '\0';
    if (path[0] == '/')
        return fdt_find(t, path);
    const char *target = fdt_string(t, fdt_find(t, "/aliases"), path);
    return target != NULL ? fdt_find(t, target) : FDT_NONE;
}

static void fill_console(const struct fdt *t, struct qrv_syspage *sp)
{
    fdt_node n = find_console(t);
    uint64_t addr, bytes;
    const char *compatible = fdt_string(t, n, "compatible");
    if (n == FDT_NONE || compatible == NULL || !board_device_reg(t, n, &addr, &bytes))
        return;
    sp->console.paddr = addr;
    sp->console.irq = fdt_u32(t, n, "interrupts", 0);
    sp->console.reg_shift = fdt_u32(t, n, "reg-shift", 0);
    sp->console.reg_io_width = fdt_u32(t, n, "reg-io-width", 1);
    sp->console.clock_hz = fdt_u32(t, n, "clock-frequency", 0);
    /* A more special name may come first: drivers match the general one. */
    const char *known[] = { "ns16550a", "sifive,uart0" };
    for (unsigned i = 0; i < 2; i++)
        if (fdt_is_compatible(t, n, known[i]))
            compatible = known[i];
    str_copy(sp->console.compatible, compatible, sizeof(sp->console.compatible));
}

void board_fill_syspage(const struct board *b, uint32_t boot_hartid, struct qrv_syspage *sp)
{
    const struct fdt *t = &b->fdt;
    const char *s = fdt_string(t, fdt_root(t), "model");
    if (s == NULL)
        s = fdt_string(t, fdt_root(t), "compatible");
    str_copy(sp->machine, s != NULL ? s : "unknown", sizeof(sp->machine));
    s = fdt_string(t, fdt_find(t, "/chosen"), "bootargs");
    str_copy(sp->cmdline, s != NULL ? s : "", sizeof(sp->cmdline));
    fdt_node cpus = fdt_find(t, "/cpus");
    uint64_t hartid;
    for (fdt_node n = fdt_first_child(t, cpus); n != FDT_NONE; n = fdt_next_sibling(t, n)) {
        s = fdt_string(t, n, "riscv,isa");
        if (is_cpu(t, n, &hartid) && hartid == boot_hartid && s != NULL)
            str_copy(sp->isa, s, sizeof(sp->isa));
    }
    fill_console(t, sp);
}

const char *board_read(struct board *b)
{
    uint64_t addr, bytes;
    if (!read_memory(b) || b->ram.count == 0)
        return "no usable /memory in the device tree";
    if (!read_reservations(b))
        return "more memory reservations than this kernel has room for, or one that wraps around";
    range_set_align_inward(&b->ram, PAGE);
    read_initrd(b);
    if (!reserve(b, b->initrd, b->initrd_end - b->initrd))
        return "no room to reserve the initrd";
    read_harts(b);
    fdt_node n = board_find_compatible(&b->fdt, "sifive,test0");
    if (n != FDT_NONE && board_device_reg(&b->fdt, n, &addr, &bytes) && bytes >= 4)
        b->test_device = addr;
    return b->ram.count == 0 ? "no usable RAM" : b->num_harts == 0 ? "no usable hart in the device tree" : NULL;
}
