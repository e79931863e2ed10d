/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stripped copy is: the file up to the end of the last segment, then the usage message, then the
 * section names, then a section header table. Nothing that is loaded moves, so no address has to be
 * patched.
 */
#include "elf64.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PHDRS = 256, MAX_SHDRS = 65000, NAME_MAX_BYTES = 256 /* of a section, with its NUL: many may share a long one */ };

struct image {
    const char *data;
    size_t len;
    Elf64_Ehdr eh;
};

static bool inside(const struct image *im, uint64_t offset, uint64_t size)
{
    return offset <= im->len && size <= im->len - offset;
}

static enum elf_kind open_image(struct image *im, const void *data, size_t len)
{
    im->data = data;
    im->len = len;
    if (len < SELFMAG || memcmp(data, ELFMAG, SELFMAG) != 0)
        return ELF_NOT;
    if (len < sizeof im->eh)
        return ELF_OTHER;
    memcpy(&im->eh, data, sizeof im->eh);
    if (im->eh.e_ident[EI_CLASS] != ELFCLASS64 || im->eh.e_ident[EI_DATA] != ELFDATA2LSB ||
        im->eh.e_machine != EM_RISCV)
        return ELF_OTHER;
    switch (im->eh.e_type) {
    case ET_EXEC:
        return ELF_RISCV64_EXEC;
    case ET_DYN:
        return ELF_RISCV64_DYN;
    case ET_REL:
        return ELF_RISCV64_OBJECT;
    default:
        return ELF_OTHER;
    }
}

enum elf_kind elf_classify(const void *data, size_t len)
{
    struct image im;
    return open_image(&im, data, len);
}

/* Reads section header i; false when the table or the entry lies outside the file. */
static bool section(const struct image *im, unsigned i, Elf64_Shdr *sh)
{
    if (i >= im->eh.e_shnum || im->eh.e_shentsize != sizeof *sh ||
        !inside(im, im->eh.e_shoff, (uint64_t)im->eh.e_shnum * sizeof *sh))
        return false;
    memcpy(sh, im->data + im->eh.e_shoff + (size_t)i * sizeof *sh, sizeof *sh);
    return true;
}

static bool section_named(const struct image *im, const Elf64_Shdr *sh, const char *name)
{
    Elf64_Shdr names;
    size_t want = strlen(name) + 1;
    if (!section(im, im->eh.e_shstrndx, &names) || !inside(im, names.sh_offset, names.sh_size))
        return false;
    return sh->sh_name < names.sh_size && names.sh_size - sh->sh_name >= want &&
           memcmp(im->data + names.sh_offset + sh->sh_name, name, want) == 0;
}

/* The last one counts: that is where elf_set_usage() puts it. 0: there is none. */
static unsigned find_usage(const struct image *im, Elf64_Shdr *sh)
{
    for (unsigned i = im->eh.e_shnum; i-- > 1 && section(im, i, sh);)
        if (sh->sh_type == SHT_PROGBITS && section_named(im, sh, USAGE_SECTION) &&
            inside(im, sh->sh_offset, sh->sh_size))
            return i;
    return 0;
}

const char *elf_usage(const void *data, size_t len, size_t *text_len)
{
    struct image im;
    Elf64_Shdr sh;
    enum elf_kind kind = open_image(&im, data, len);
    if (kind == ELF_NOT || kind == ELF_OTHER || find_usage(&im, &sh) == 0)
        return NULL;
    *text_len = (size_t)sh.sh_size;
    return im.data + sh.sh_offset;
}

/* End of everything that the program headers and the headers themselves need; 0 when they are
 * broken. */
static uint64_t loaded_end(const struct image *im)
{
    uint64_t end = sizeof im->eh;
    uint64_t table = (uint64_t)im->eh.e_phnum * sizeof(Elf64_Phdr);
    if (im->eh.e_phnum == 0 || im->eh.e_phnum > MAX_PHDRS ||
        im->eh.e_phentsize != sizeof(Elf64_Phdr) || !inside(im, im->eh.e_phoff, table))
        return 0;
    if (im->eh.e_phoff + table > end)
        end = im->eh.e_phoff + table;
    for (unsigned i = 0; i < im->eh.e_phnum; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, im->data + im->eh.e_phoff + i * sizeof ph, sizeof ph);
        if (ph.p_filesz == 0)
            continue;
        if (ph.p_type == PT_RISCV_ATTRIBUTES)
            continue; /* for the tools, not loaded: see keep_attributes() */
        if (!inside(im, ph.p_offset, ph.p_filesz))
            return 0;
        if (ph.p_offset + ph.p_filesz > end)
            end = ph.p_offset + ph.p_filesz;
    }
    return end;
}

/* Loaded ones, and the attributes, as strip leaves them: debuggers know by their headers what is code and where the dynamic symbols
 * are. */
static bool is_kept(const Elf64_Shdr *sh, uint64_t end)
{
    if (!(sh->sh_flags & SHF_ALLOC) && sh->sh_type != SHT_RISCV_ATTRIBUTES)
        return false;
    return sh->sh_type == SHT_NOBITS || (sh->sh_offset <= end && sh->sh_size <= end - sh->sh_offset);
}

/* sh with the numbers of other sections as they are in the new table: place[] has them, 0 for what is left out. */
static void renumber(Elf64_Shdr *sh, const unsigned *place, unsigned count)
{
    bool has_section = (sh->sh_flags & SHF_INFO_LINK) || sh->sh_type == SHT_RELA || sh->sh_type == SHT_REL;
    sh->sh_link = sh->sh_link < count ? place[sh->sh_link] : 0;
    if (has_section)
        sh->sh_info = sh->sh_info < count ? place[sh->sh_info] : 0;
}

/* Adds the name of sh to names: where it is there. A broken one, or one that is too long, is none. */
static Elf64_Word add_name(const struct image *im, const Elf64_Shdr *table, const Elf64_Shdr *sh, struct buf *names)
{
    if (sh->sh_name >= table->sh_size)
        return 0;
    const char *name = im->data + table->sh_offset + sh->sh_name;
    uint64_t room = table->sh_size - sh->sh_name;
    if (memchr(name, '\0', room < NAME_MAX_BYTES ? (size_t)room : NAME_MAX_BYTES) == NULL)
        return 0;
    Elf64_Word at = (Elf64_Word)names->len;
    buf_append(names, name, strlen(name) + 1);
    return at;
}

/* The new table: kept sections in their order, the usage message (usage_at: its number before, 0 none) and the names last, so that a file
 * with its debug sections and one that strip has put in another order become the same. */
static void make_table(const struct image *im, uint64_t end, const Elf64_Shdr *old_names, unsigned usage_at, uint64_t usage_offset,
                       struct buf *table, struct buf *names)
{
    unsigned *place = xmalloc(im->eh.e_shnum * sizeof *place);
    unsigned count = 1;
    Elf64_Shdr sh;
    for (unsigned i = 0; i < im->eh.e_shnum; i++)
        place[i] = i > 0 && i != usage_at && section(im, i, &sh) && is_kept(&sh, end) ? count++ : 0;
    buf_append(table, &(Elf64_Shdr){0}, sizeof sh);
    for (unsigned i = 1; i < im->eh.e_shnum; i++) {
        if (place[i] == 0 || !section(im, i, &sh))
            continue;
        sh.sh_name = add_name(im, old_names, &sh, names);
        renumber(&sh, place, im->eh.e_shnum);
        buf_append(table, &sh, sizeof sh);
    }
    if (usage_at != 0 && section(im, usage_at, &sh)) {
        Elf64_Shdr usage = {.sh_name = (Elf64_Word)names->len, .sh_type = SHT_PROGBITS, .sh_offset = usage_offset, .sh_size = sh.sh_size,
                            .sh_addralign = 1};
        buf_append(names, USAGE_SECTION, sizeof USAGE_SECTION);
        buf_append(table, &usage, sizeof usage);
    }
    free(place);
}

/* A file whose table is broken goes without. */
static void add_sections(const struct image *im, uint64_t end, struct buf *out, size_t base)
{
    static const char names_name[] = ".shstrtab";
    struct buf table = {0}, names = {0};
    Elf64_Shdr old_names, usage = {0};
    Elf64_Ehdr eh;
    unsigned usage_at = find_usage(im, &usage);
    if (im->eh.e_shnum > MAX_SHDRS || im->eh.e_shstrndx == 0 || !section(im, im->eh.e_shstrndx, &old_names) ||
        old_names.sh_type != SHT_STRTAB || !inside(im, old_names.sh_offset, old_names.sh_size))
        return;
    uint64_t usage_offset = out->len - base;
    if (usage_at != 0)
        buf_append(out, im->data + usage.sh_offset, (size_t)usage.sh_size);
    buf_append(&names, "", 1);
    make_table(im, end, &old_names, usage_at, usage_offset, &table, &names);
    Elf64_Shdr new_names = {.sh_name = (Elf64_Word)names.len, .sh_type = SHT_STRTAB, .sh_offset = out->len - base, .sh_addralign = 1};
    buf_append(&names, names_name, sizeof names_name);
    new_names.sh_size = names.len;
    buf_append(&table, &new_names, sizeof new_names);
    buf_append(out, names.data, names.len);
    while ((out->len - base) % 8 != 0)
        buf_append(out, "", 1);
    memcpy(&eh, im->data, sizeof eh);
    eh.e_shoff = out->len - base;
    eh.e_shnum = (Elf64_Half)(table.len / sizeof new_names);
    eh.e_shstrndx = (Elf64_Half)(eh.e_shnum - 1);
    buf_append(out, table.data, table.len);
    memcpy(out->data + base, &eh, sizeof eh);
    buf_free(&table);
    buf_free(&names);
}

/* Program headers that point behind the loaded part would dangle: turn them off. */
static void drop_attribute_headers(char *file, uint64_t end)
{
    Elf64_Ehdr eh;
    memcpy(&eh, file, sizeof eh);
    for (unsigned i = 0; i < eh.e_phnum; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, file + eh.e_phoff + i * sizeof ph, sizeof ph);
        if (ph.p_type == PT_RISCV_ATTRIBUTES &&
            (ph.p_filesz > end || ph.p_offset > end - ph.p_filesz)) {
            ph.p_type = PT_NULL;
            memcpy(file + eh.e_phoff + i * sizeof ph, &ph, sizeof ph);
        }
    }
}

#define ATTRIBUTES_NEAR 4096 /* bytes */

/* GDB takes a running program for the file that it has read only when the program headers are the same. So the attributes stay
 * when they lie close behind what is loaded, where the linker puts them: a hundred bytes. */
static uint64_t keep_attributes(const struct image *im, uint64_t end)
{
    for (unsigned i = 0; i < im->eh.e_phnum; i++) {
        Elf64_Phdr ph;
        memcpy(&ph, im->data + im->eh.e_phoff + i * sizeof ph, sizeof ph);
        if (ph.p_type == PT_RISCV_ATTRIBUTES && inside(im, ph.p_offset, ph.p_filesz) &&
            ph.p_offset >= end && ph.p_offset + ph.p_filesz <= end + ATTRIBUTES_NEAR)
            return ph.p_offset + ph.p_filesz;
    }
    return end;
}

const char *elf_strip(const void *data, size_t len, struct buf *out)
{
    struct image im;
    size_t base = out->len;
    enum elf_kind kind = open_image(&im, data, len);
    if (kind != ELF_RISCV64_EXEC && kind != ELF_RISCV64_DYN)
        return "not a RISC-V 64-bit program or shared library";
    uint64_t end = loaded_end(&im);
    if (end == 0)
        return "its program headers point outside the file";
    end = keep_attributes(&im, end);
    buf_append(out, data, (size_t)end);
    Elf64_Ehdr eh = im.eh;
    eh.e_shoff = 0;
    eh.e_shnum = 0;
    eh.e_shstrndx = 0;
    memcpy(out->data + base, &eh, sizeof eh);
    drop_attribute_headers(out->data + base, end);
    add_sections(&im, end, out, base);
    return NULL;
}

/* Copies the section header table with one more entry; the old table stays behind as unused bytes.
 */
static const char *append_usage(const struct image *im, const void *text, size_t text_len,
                                struct buf *out)
{
    Elf64_Shdr names;
    Elf64_Shdr sh;
    size_t base = out->len;
    if (im->eh.e_shnum == 0 || im->eh.e_shnum > MAX_SHDRS ||
        !section(im, im->eh.e_shstrndx, &names) || !inside(im, names.sh_offset, names.sh_size))
        return "its section headers point outside the file";
    buf_append(out, im->data, im->len);
    Elf64_Shdr usage = {
        .sh_name = (Elf64_Word)names.sh_size, .sh_type = SHT_PROGBITS, .sh_addralign = 1};
    usage.sh_offset = out->len - base;
    usage.sh_size = text_len;
    buf_append(out, text, text_len);
    uint64_t names_at = out->len - base;
    buf_append(out, im->data + names.sh_offset, (size_t)names.sh_size);
    buf_append(out, USAGE_SECTION, sizeof USAGE_SECTION);
    names.sh_offset = names_at;
    names.sh_size += sizeof USAGE_SECTION;
    while ((out->len - base) % 8 != 0)
        buf_append(out, "", 1);
    Elf64_Ehdr eh = im->eh;
    eh.e_shoff = out->len - base;
    for (unsigned i = 0; i < im->eh.e_shnum; i++) {
        section(im, i, &sh);
        if (i == im->eh.e_shstrndx)
            sh = names;
        else if (sh.sh_type == SHT_PROGBITS && section_named(im, &sh, USAGE_SECTION))
            sh.sh_type = SHT_NULL;
        buf_append(out, &sh, sizeof sh);
    }
    buf_append(out, &usage, sizeof usage);
    eh.e_shnum++;
    memcpy(out->data + base, &eh, sizeof eh);
    return NULL;
}

const char *elf_set_usage(const void *data, size_t len, const void *text, size_t text_len,
                          struct buf *out)
{
    struct image im;
    enum elf_kind kind = open_image(&im, data, len);
    if (kind != ELF_RISCV64_EXEC && kind != ELF_RISCV64_DYN)
        return "not a RISC-V 64-bit program or shared library";
    return append_usage(&im, text, text_len, out);
}
