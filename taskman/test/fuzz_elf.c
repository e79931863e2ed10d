/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever passes the ELF checks keeps the promises that the loader relies on. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "image/elf.h"

size_t fuzz_seed(uint8_t *data, size_t room);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT 0x3000000000UL

static void check_promises(const struct elf_header *h, const struct elf_segment *s,
                           const struct elf_image *image)
{
    uint64_t end = 0;

    if (image->low % 4096 || image->high % 4096 || image->low >= image->high ||
        image->high - image->low > ELF_SPAN_MAX)
        abort();
    if (!image->is_dyn && (image->low < ELF_LOW || image->high > LIMIT))
        abort();
    for (unsigned i = 0; i < h->phnum; i++) {
        if (s[i].type != ELF_LOAD || s[i].memsz == 0)
            continue;
        if (s[i].vaddr < end || s[i].vaddr < image->low || s[i].vaddr + s[i].memsz > image->high ||
            s[i].filesz > s[i].memsz)
            abort();
        if ((s[i].flags & ELF_W) && (s[i].flags & ELF_X))
            abort();
        end = (s[i].vaddr + s[i].memsz + 4095) & ~4095UL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct elf_header h;
    struct elf_segment s[ELF_SEGMENTS_MAX];
    struct elf_image image;
    char *line, *a, *b;

    line = malloc(size ? size : 1);
    memcpy(line, data, size);
    script_parse(line, size, &a, &b);
    free(line);
    if (size < sizeof(h))
        return 0;
    memcpy(&h, data, sizeof(h));
    if (elf_check_header(&h) < 0 || size < sizeof(h) + h.phnum * sizeof(s[0]))
        return 0;
    memcpy(s, data + sizeof(h), h.phnum * sizeof(s[0]));
    if (elf_check_segments(&h, s, LIMIT, &image) == 0)
        check_promises(&h, s, &image);
    return 0;
}

size_t fuzz_seed(uint8_t *data, size_t room)
{
    struct elf_header h = {.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
                           .type = ELF_EXEC,
                           .machine = ELF_RISCV,
                           .version = 1,
                           .entry = 0x10100,
                           .phoff = 64,
                           .ehsize = 64,
                           .phentsize = 56,
                           .phnum = 2};
    struct elf_segment s[2] = {
        {.type = ELF_LOAD,
         .flags = ELF_R | ELF_X,
         .vaddr = 0x10000,
         .filesz = 0x1000,
         .memsz = 0x1000,
         .align = 4096},
        {.type = ELF_LOAD,
         .flags = ELF_R | ELF_W,
         .offset = 0x1000,
         .vaddr = 0x12000,
         .filesz = 8,
         .memsz = 0x4000,
         .align = 4096},
    };

    (void)room;
    memcpy(data, &h, sizeof(h));
    memcpy(data + sizeof(h), s, sizeof(s));
    return sizeof(h) + sizeof(s);
}
