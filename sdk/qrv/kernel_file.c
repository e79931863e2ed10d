/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RISC-V boot image header (64 bytes): text_offset at 8, image_size at 16, flags at 24, version
 * at 32, magic "RSC\5" at 56. QEMU loads the image 2 MiB into memory and puts the initrd at the
 * kernel plus half of the memory, but not more than 512 MiB; OpenSBI owns the first 2 MiB, the
 * device tree the last 2 MiB.
 */
#include "kernel_file.h"

#include "../common/elf64.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)

static uint64_t le(const uint8_t *p, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

static const char *refuse_elf(const uint8_t *p, size_t len)
{
    static char why[200];
    Elf64_Ehdr eh;
    uint64_t lowest = UINT64_MAX;
    if (len < sizeof eh || p[EI_CLASS] != ELFCLASS64)
        return "it is a 32-bit ELF file; the machine is 64-bit RISC-V";
    memcpy(&eh, p, sizeof eh);
    if (eh.e_machine != EM_RISCV) {
        snprintf(why, sizeof why,
                 "it is an ELF file for another processor (machine %u, not RISC-V)", eh.e_machine);
        return why;
    }
    if (eh.e_type != ET_EXEC || eh.e_phentsize != sizeof(Elf64_Phdr) || eh.e_phoff > len ||
        (uint64_t)eh.e_phnum * sizeof(Elf64_Phdr) > len - eh.e_phoff)
        return "it is not an executable ELF file with a fixed address";
    for (unsigned i = 0; i < eh.e_phnum; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, p + eh.e_phoff + i * sizeof ph, sizeof ph);
        if (ph.p_type == PT_LOAD && ph.p_paddr < lowest)
            lowest = ph.p_paddr;
    }
    if (lowest < 0x80200000)
        return "it is loaded below 0x80200000, where OpenSBI is; boot the flat Image instead";
    return NULL;
}

static const char *refuse_foreign(const uint8_t *p, size_t len)
{
    if (len >= 2 && p[0] == 0x1f && p[1] == 0x8b)
        return "it is compressed (gzip); unpack it first";
    if (len >= 4 && memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0)
        return "it is compressed (zstd); unpack it first";
    if (len >= 6 && memcmp(p, "07070", 5) == 0)
        return "it is a boot archive, not a kernel; give it to --image";
    if (len >= 0x206 && memcmp(p + 0x202, "HdrS", 4) == 0)
        return "it is a Linux kernel for PCs (x86)";
    if (len >= 64 && le(p + 56, 4) == 0x644d5241)
        return "it is an Image for 64-bit ARM";
    return "it has no RISC-V Image header (\"RSC\\5\" at byte 56)";
}

const char *kernel_refuse(const void *bytes, size_t len, uint64_t memory, uint64_t initrd_size)
{
    static char why[200];
    const uint8_t *p = bytes;
    if (len >= SELFMAG && memcmp(p, ELFMAG, SELFMAG) == 0)
        return refuse_elf(p, len);
    if (len < 64 || le(p + 56, 4) != 0x05435352)
        return refuse_foreign(p, len);
    uint64_t offset = le(p + 8, 8);
    uint64_t size = le(p + 16, 8);
    if (le(p + 24, 8) & 1)
        return "its Image header says big-endian";
    if (offset != 2 * MIB) {
        snprintf(why, sizeof why, "its Image header wants offset 0x%llx; QEMU loads at 0x200000",
                 (unsigned long long)offset);
        return why;
    }
    if (size == 0 || size < len)
        return "its Image header says a size smaller than the file";
    uint64_t gap = memory / 2 < 512 * MIB ? memory / 2 : 512 * MIB;
    if (size > gap || 2 * MIB + gap + initrd_size + 4 * MIB > memory) {
        snprintf(why, sizeof why,
                 "kernel (%llu KiB) and boot image (%llu KiB) do not fit into %llu MiB of memory",
                 (unsigned long long)size >> 10, (unsigned long long)initrd_size >> 10,
                 (unsigned long long)memory >> 20);
        return why;
    }
    return NULL;
}
