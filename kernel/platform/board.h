/* SPDX-License-Identifier: Apache-2.0 */
/* What the device tree says about this machine, as the boot steps need it.  Pure: reads the blob, touches no hardware. */
#pragma once
#include <abi/syspage.h>
#include "lib/fdt.h"
#include "lib/ranges.h"

#define BOARD_HARTS_MAX 64

struct board {
    struct fdt fdt;
    struct range_set ram;      /* page-aligned, without no-map reservations */
    struct range_set reserved; /* inside RAM, page-aligned outward */
    uint64_t initrd, initrd_end; /* physical; equal: none */
    uint32_t timebase;
    uint32_t hartids[BOARD_HARTS_MAX]; /* usable harts in tree order */
    unsigned num_harts;
    unsigned skipped_harts;    /* without S-mode or MMU, or disabled */
    bool sstc;                 /* every usable hart has it */
    uint64_t test_device;      /* sifive_test: 0 none */
};

/* NULL, or what is wrong with the tree. */
const char *board_read(struct board *b);
/* Model, ISA of hart boot_hartid, console, command line. */
void board_fill_syspage(const struct board *b, uint32_t boot_hartid, struct qrv_syspage *sp);
/* The /cpus child that owns an interrupt controller with this phandle; its hartid, or -1. */
int64_t board_hart_of_intc(const struct fdt *t, uint32_t phandle);
fdt_node board_find_compatible(const struct fdt *t, const char *what); /* enabled ones only */
/* Physical address and size of a device: reg range 0, translated through the ranges of its buses. false: none. */
bool board_device_reg(const struct fdt *t, fdt_node n, uint64_t *addr, uint64_t *bytes);
