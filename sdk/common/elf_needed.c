/* SPDX-License-Identifier: Apache-2.0 */
/* The shared libraries that a program asks for, read from its dynamic section. */
#include "elf64.h"

#include <elf.h>
#include <string.h>

enum { MAX_PHDRS = 256 };

/* False behind the last one. One that points outside the file, as a stripped file's attributes do,
 * becomes PT_NULL. */
static bool program_header(const char *data, size_t len, unsigned i, Elf64_Phdr *ph)
{
    Elf64_Ehdr eh;
    memcpy(&eh, data, sizeof eh);
    if (i >= eh.e_phnum || eh.e_phnum > MAX_PHDRS || eh.e_phentsize != sizeof *ph ||
        eh.e_phoff > len || (uint64_t)eh.e_phnum * sizeof *ph > len - eh.e_phoff)
        return false;
    memcpy(ph, data + eh.e_phoff + i * sizeof *ph, sizeof *ph);
    if (ph->p_offset > len || ph->p_filesz > len - ph->p_offset)
        ph->p_type = PT_NULL;
    return true;
}

/* The bytes of the file from address va to the end of its segment; NULL when va is in none. */
static const char *at_address(const char *data, size_t len, uint64_t va, size_t *room)
{
    Elf64_Phdr ph;
    for (unsigned i = 0; i < MAX_PHDRS && program_header(data, len, i, &ph); i++) {
        if (ph.p_type == PT_LOAD && va >= ph.p_vaddr && va - ph.p_vaddr < ph.p_filesz) {
            *room = (size_t)(ph.p_filesz - (va - ph.p_vaddr));
            return data + ph.p_offset + (va - ph.p_vaddr);
        }
    }
    return NULL;
}

static bool dynamic_entry(const char *dynamic, size_t size, size_t i, Elf64_Dyn *entry)
{
    if (i >= size / sizeof *entry)
        return false;
    memcpy(entry, dynamic + i * sizeof *entry, sizeof *entry);
    return entry->d_tag != DT_NULL;
}

const char *elf_needed(const void *bytes, size_t len, size_t *at)
{
    const char *data = bytes;
    const char *dynamic = NULL;
    const char *strings = NULL;
    size_t size = 0;
    size_t room = 0;
    Elf64_Phdr ph;
    Elf64_Dyn entry;
    enum elf_kind kind = elf_classify(bytes, len);
    if (kind != ELF_RISCV64_EXEC && kind != ELF_RISCV64_DYN)
        return NULL;
    for (unsigned i = 0; dynamic == NULL && program_header(data, len, i, &ph); i++) {
        if (ph.p_type == PT_DYNAMIC) {
            dynamic = data + ph.p_offset;
            size = (size_t)ph.p_filesz;
        }
    }
    for (size_t i = 0; strings == NULL && dynamic_entry(dynamic, size, i, &entry); i++)
        if (entry.d_tag == DT_STRTAB)
            strings = at_address(data, len, entry.d_un.d_ptr, &room);
    while (strings != NULL && dynamic_entry(dynamic, size, *at, &entry)) {
        (*at)++;
        if (entry.d_tag == DT_NEEDED && entry.d_un.d_val < room &&
            memchr(strings + entry.d_un.d_val, '\0', room - entry.d_un.d_val) != NULL)
            return strings + entry.d_un.d_val;
    }
    return NULL;
}

const char *elf_interpreter(const void *bytes, size_t len)
{
    const char *data = bytes;
    Elf64_Phdr ph;
    enum elf_kind kind = elf_classify(bytes, len);
    if (kind != ELF_RISCV64_EXEC && kind != ELF_RISCV64_DYN)
        return NULL;
    for (unsigned i = 0; i < MAX_PHDRS && program_header(data, len, i, &ph); i++)
        if (ph.p_type == PT_INTERP && ph.p_filesz > 0 && data[ph.p_offset + ph.p_filesz - 1] == '\0')
            return data + ph.p_offset;
    return NULL;
}
