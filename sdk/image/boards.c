/* SPDX-License-Identifier: Apache-2.0 */
#include "boards.h"

#include <string.h>

/*
 * The mask ROM of the FU540 and FU740 looks for the first type, the loader it finds there for the
 * second. The places are those of U-Boot's documentation.
 */
static const struct board_part sifive[] = {
    {"u-boot-spl.bin", "spl", "5B193300-FC78-40CD-8002-E86C45580B47", 34, 2081},
    {"u-boot.itb", "u-boot", "2E54B353-1271-4842-806F-E436D6AF6985", 2082, 10273},
    {NULL, NULL, NULL, 0, 0}};

static const struct board boards[] = {
    {"unmatched", "SiFive HiFive Unmatched, SD card", "hifive-unmatched-a00.dtb", sifive, 16384},
    {"unleashed", "SiFive HiFive Unleashed and QEMU's sifive_u, SD card",
     "hifive-unleashed-a00.dtb", sifive, 16384},
    {"qemu-virt", "QEMU's virt with U-Boot, virtio disk", NULL, NULL, 2048}};

const struct board *board_at(size_t i)
{
    return i < sizeof boards / sizeof boards[0] ? &boards[i] : NULL;
}

const struct board *board_find(const char *name)
{
    for (size_t i = 0; board_at(i) != NULL; i++)
        if (strcmp(boards[i].name, name) == 0)
            return &boards[i];
    return NULL;
}
