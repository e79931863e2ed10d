/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of ELF headers and script lines: whatever passes here can be mapped without further
 * thought. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <abi/limits.h>
#include "image/elf.h"

#define PAGE QRV_PAGE_SIZE

int elf_check_header(const struct elf_header *h)
{
    static const uint8_t want[7] = {0x7f, 'E', 'L', 'F',
                                    2,    1,   1}; /* 64 bits, little endian, version 1 */

    if (memcmp(h->ident, want, sizeof(want)) != 0)
        return -ENOEXEC;
    if ((h->type != ELF_EXEC && h->type != ELF_DYN) || h->machine != ELF_RISCV || h->version != 1)
        return -ENOEXEC;
    if (h->phentsize != sizeof(struct elf_segment) || h->phnum == 0 || h->phnum > ELF_SEGMENTS_MAX)
        return -ENOEXEC;
    if (h->phoff < sizeof(*h) || h->phoff > (1UL << 40) || h->phoff % 8 != 0)
        return -ENOEXEC;
    return 0;
}

static int check_load(const struct elf_segment *s, uint64_t limit)
{
    if (s->memsz == 0 || s->filesz > s->memsz || s->memsz > ELF_SPAN_MAX)
        return -ENOEXEC;
    if (s->vaddr > limit || s->memsz > limit - s->vaddr)
        return -ENOEXEC;
    if (s->offset > (1UL << 40) || s->filesz > (1UL << 40))
        return -ENOEXEC;
    if ((s->vaddr - s->offset) % PAGE != 0)
        return -ENOEXEC;
    if (s->align > 1 && (s->align & (s->align - 1)) != 0)
        return -ENOEXEC;
    if ((s->flags & ELF_W) && (s->flags & ELF_X))
        return -ENOEXEC;
    return 0;
}

static void note_phdr(const struct elf_header *h, const struct elf_segment *s,
                      struct elf_image *image)
{
    uint64_t bytes = (uint64_t)h->phnum * sizeof(struct elf_segment);

    if (h->phoff >= s->offset && h->phoff - s->offset <= s->filesz &&
        bytes <= s->filesz - (h->phoff - s->offset))
        image->phdr = s->vaddr + (h->phoff - s->offset);
}

int elf_check_segments(const struct elf_header *h, const struct elf_segment *segments,
                       uint64_t user_end, struct elf_image *image)
{
    uint64_t limit = h->type == ELF_EXEC ? user_end : ELF_SPAN_MAX;
    uint64_t last_end = 0;
    bool is_entry_ok = false, has_load = false;

    memset(image, 0, sizeof(*image));
    image->is_dyn = h->type == ELF_DYN;
    image->entry = h->entry;
    image->phnum = h->phnum;
    for (unsigned i = 0; i < h->phnum; i++) {
        const struct elf_segment *s = &segments[i];
        uint64_t start, end;

        if (s->type == ELF_INTERP) {
            if (image->interp_bytes || s->filesz < 2 || s->filesz > ELF_INTERP_MAX ||
                s->offset > (1UL << 40))
                return -ENOEXEC;
            image->interp_offset = s->offset;
            image->interp_bytes = s->filesz;
        }
        if (s->type != ELF_LOAD || s->memsz == 0)
            continue;
        if (check_load(s, limit) < 0)
            return -ENOEXEC;
        start = s->vaddr & ~(PAGE - 1);
        end = (s->vaddr + s->memsz + PAGE - 1) & ~(PAGE - 1);
        if (has_load && start < last_end) /* ascending, and never two in one page */
            return -ENOEXEC;
        if (h->type == ELF_EXEC && start < ELF_LOW)
            return -ENOEXEC;
        if (!has_load)
            image->low = start;
        has_load = true;
        image->high = last_end = end;
        if ((s->flags & ELF_X) && h->entry >= s->vaddr && h->entry - s->vaddr < s->memsz)
            is_entry_ok = true;
        note_phdr(h, s, image);
    }
    if (!has_load || !is_entry_ok || h->entry % 2 != 0 || image->high - image->low > ELF_SPAN_MAX)
        return -ENOEXEC;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

int script_parse(char *line, size_t bytes, char **interpreter, char **argument)
{
    char *end, *p;

    *interpreter = *argument = NULL;
    if (bytes < 4 || line[0] != '#' || line[1] != '!')
        return -ENOEXEC;
    end = memchr(line, '\n', bytes);
    if (!end)
        return -ENOEXEC; /* cut off, or no line at all */
    if (memchr(line, '\0', (size_t)(end - line)))
        return -ENOEXEC;
    while (end > line && (is_blank(end[-1]) || end[-1] == '\r'))
        end--;
    *end = '\0';
    for (p = line + 2; is_blank(*p); p++)
        ;
    if (p >= end)
        return -ENOEXEC;
    *interpreter = p;
    while (*p && !is_blank(*p))
        p++;
    if (*p) {
        *p++ = '\0';
        while (is_blank(*p))
            p++;
        *argument = p;
    }
    return 0;
}
