/* SPDX-License-Identifier: Apache-2.0 */
/* ELF64 RISC-V executables: checking before anything is mapped.  Pure; used by the loader, fuzzed
 * by tests/fuzz_elf.c. Own declarations: the loader has no C library. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
#define ELF_EXEC         2
#define ELF_DYN          3
#define ELF_RISCV        243
#define ELF_LOAD         1
#define ELF_INTERP       3
#define ELF_PHDR         6
#define ELF_X            1
#define ELF_W            2
#define ELF_R            4
#define ELF_SEGMENTS_MAX 64
#define ELF_INTERP_MAX   256
#define ELF_SPAN_MAX     (64UL << 30)
#define ELF_LOW          0x1000UL

struct elf_image {
    uint64_t low, high; /* page-aligned span of the PT_LOAD segments as linked */
    uint64_t entry;
    uint64_t phdr; /* address of the program headers as linked, 0 when no segment holds them */
    uint64_t interp_offset, interp_bytes; /* 0 bytes: none; with NUL */
    uint16_t phnum;
    uint8_t is_dyn;
};

/* header: the first sizeof(struct elf_header) bytes.  0 or -ENOEXEC. */
int elf_check_header(const struct elf_header *h);
/* segments: phnum entries; user_end: exclusive limit of addresses for ET_EXEC.  0 or -ENOEXEC. */
int elf_check_segments(const struct elf_header *h, const struct elf_segment *segments,
                       uint64_t user_end, struct elf_image *image);
/* A script's first line "#! interpreter [argument]": splits line[bytes] in place.  0, or -ENOEXEC
 * when it is none. */
int script_parse(char *line, size_t bytes, char **interpreter, char **argument);
