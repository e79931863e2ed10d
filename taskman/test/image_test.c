/* SPDX-License-Identifier: Apache-2.0 */
/* cpio archives, ELF headers and script lines: what is taken, and what has to be refused. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "image/cpio.h"
#include "image/elf.h"

static char archive[4096];
static size_t archive_bytes;

static void add(const char *name, const char *data, unsigned mode, unsigned extra_size)
{
    size_t n = strlen(name) + 1, d = strlen(data);

    archive_bytes += (size_t)sprintf(
        archive + archive_bytes, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u,
        mode, 0u, 0u, 1u, 5u, (unsigned)d + extra_size, 0u, 0u, 0u, 0u, (unsigned)n, 0u);
    memcpy(archive + archive_bytes, name, n);
    archive_bytes = (archive_bytes + n + 3) & ~3u;
    memcpy(archive + archive_bytes, data, d);
    archive_bytes = (archive_bytes + d + 3) & ~3u;
}

static int read_all(size_t bytes, char *names)
{
    struct cpio_reader r;
    struct cpio_member m;
    int rc;

    names[0] = '\0';
    cpio_open(&r, archive, bytes);
    while ((rc = cpio_next(&r, &m)) == 1) {
        strcat(names, m.name);
        strncat(names, (const char *)m.data, m.bytes);
        strcat(names, ";");
    }
    return rc;
}

static void archives(void)
{
    char names[256];
    size_t whole;

    check(read_all(0, names) == 0);
    add("a", "one", 0100644, 0);
    add("dir/b", "", 040755, 0);
    add("TRAILER!!!", "", 0, 0);
    archive_bytes = 512; /* padding between two archives */
    add("a", "two", 0100644, 0);
    add("TRAILER!!!", "", 0, 0);
    whole = archive_bytes;
    check(read_all(whole, names) == 0 && strcmp(names, "aone;dir/b;atwo;") == 0);
    check(read_all(100, names) == -EINVAL);
    archive[6 + 8] = 'g';
    check(read_all(whole, names) == -EINVAL && names[0] == '\0');
    archive[6 + 8] = '0';
    archive[5] = '7';
    check(read_all(whole, names) == -EINVAL); /* the old binary or odc kind */
    archive[5] = '1';
    archive[110 + 1] = 'x'; /* the name does not end */
    check(read_all(whole, names) == -EINVAL);
    archive_bytes = 0;
    memset(archive, 0, sizeof(archive));
    add("big", "data", 0100644, 0x7fffffff);
    check(read_all(archive_bytes, names) == -EINVAL); /* longer than the archive */
}

static struct elf_header good_header(void)
{
    struct elf_header h = {.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
                           .type = ELF_DYN,
                           .machine = ELF_RISCV,
                           .version = 1,
                           .entry = 0x1000,
                           .phoff = 64,
                           .ehsize = 64,
                           .phentsize = 56,
                           .phnum = 3};
    return h;
}

static struct elf_segment seg[3];

static void good_segments(void)
{
    memset(seg, 0, sizeof(seg));
    seg[0] = (struct elf_segment){
        .type = ELF_LOAD, .flags = ELF_R | ELF_X, .filesz = 0x1800, .memsz = 0x1800, .align = 4096};
    seg[1] = (struct elf_segment){.type = ELF_LOAD,
                                  .flags = ELF_R | ELF_W,
                                  .offset = 0x1800,
                                  .vaddr = 0x2800,
                                  .filesz = 0x100,
                                  .memsz = 0x9000,
                                  .align = 4096};
    seg[2] = (struct elf_segment){.type = ELF_INTERP, .offset = 0x200, .filesz = 20, .memsz = 20};
}

static int segments(struct elf_header h, struct elf_image *image)
{
    return elf_check_segments(&h, seg, 0x3000000000, image);
}

#define refused(change)                                                                            \
    do {                                                                                           \
        struct elf_header h = good_header();                                                       \
        good_segments();                                                                           \
        change;                                                                                    \
        check_that(elf_check_header(&h) == -ENOEXEC || segments(h, &image) == -ENOEXEC,            \
                   "refused: " #change, __FILE__, __LINE__);                                       \
    } while (0)

static void executables(void)
{
    struct elf_image image;
    struct elf_header good = good_header();

    good_segments();
    check(elf_check_header(&good) == 0 && segments(good, &image) == 0);
    check(image.low == 0 && image.high == 0xc000 && image.phdr == 64 && image.entry == 0x1000 &&
          image.is_dyn);
    check(image.interp_offset == 0x200 && image.interp_bytes == 20);
    refused(h.ident[0] = 0);
    refused(h.ident[4] = 1); /* 32 bits */
    refused(h.ident[5] = 2); /* big endian */
    refused(h.type = 1);
    refused(h.machine = 62);
    refused(h.phnum = 0);
    refused(h.phnum = 65);
    refused(h.phentsize = 32);
    refused(h.phoff = 0);
    refused(h.phoff = UINT64_MAX - 7);
    refused(h.entry = 0x1001);
    refused(h.entry = 0x3000); /* in data */
    refused(h.entry = 0x100000);
    refused(seg[0].flags |= ELF_W);
    refused(seg[1].vaddr = 0x1800); /* shares a page */
    refused(seg[1].vaddr = 0x0800);
    refused(seg[1].filesz = 0xa000); /* more than memory */
    refused(seg[1].memsz = UINT64_MAX);
    refused(seg[1].vaddr = UINT64_MAX - 0x7ff);
    refused(seg[1].offset = 0x1801); /* not congruent */
    refused(seg[1].align = 3);
    refused(seg[0].type = 0; seg[1].type = 0); /* nothing to load */
    refused(seg[2].filesz = 300);
    refused(seg[2].filesz = 1);
    refused(seg[1].type = ELF_INTERP); /* two */
    refused(h.type = ELF_EXEC);        /* at address 0 */
    refused(h.type = ELF_EXEC; h.entry = 0x3ff0000000;
            seg[0].vaddr = 0x3ff0000000); /* where the loader is */
}

static bool is_script(const char *text, const char *interpreter, const char *argument)
{
    char line[256], *i, *a;
    size_t n = strlen(text);

    memcpy(line, text, n);
    if (script_parse(line, n, &i, &a) != 0)
        return interpreter == NULL;
    return interpreter && strcmp(i, interpreter) == 0 &&
           (a ? argument && strcmp(a, argument) == 0 : !argument);
}

static void scripts(void)
{
    check(is_script("#!/bin/sh\necho", "/bin/sh", NULL));
    check(is_script("#! \t/bin/sh  -e -u \t\r\n", "/bin/sh", "-e -u"));
    check(is_script("#!/bin/sh", NULL, NULL)); /* no end of line */
    check(is_script("#!\n", NULL, NULL));
    check(is_script("#!  \n", NULL, NULL));
    check(is_script("#/bin/sh\n", NULL, NULL));
    check(is_script("", NULL, NULL));
}

int main(void)
{
    archives();
    executables();
    scripts();
    return check_done();
}
