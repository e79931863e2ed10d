/* SPDX-License-Identifier: Apache-2.0 */
/* The build ID of a program, from the note segments. The first page of the file is usually enough. */
#include "elf64.h"

#include <elf.h>
#include <string.h>

enum { MAX_PHDRS = 256 };

static size_t padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

/* The note of that kind among `size` bytes of notes; NULL: it is not there. */
static const char *find_note(const char *notes, size_t size, size_t *len)
{
    Elf64_Nhdr note;
    for (size_t at = 0; size - at >= sizeof note;) {
        memcpy(&note, notes + at, sizeof note);
        at += sizeof note;
        if (note.n_namesz > size - at || padded(note.n_namesz) > size - at)
            return NULL;
        const char *name = notes + at;
        at += padded(note.n_namesz);
        if (note.n_descsz > size - at)
            return NULL;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(name, "GNU", 4) == 0) {
            *len = note.n_descsz;
            return notes + at;
        }
        if (padded(note.n_descsz) > size - at)
            return NULL;
        at += padded(note.n_descsz);
    }
    return NULL;
}

const char *elf_build_id(const void *bytes, size_t len, size_t *id_len)
{
    const char *data = bytes;
    Elf64_Ehdr eh;
    Elf64_Phdr ph;
    enum elf_kind kind = elf_classify(bytes, len);
    if (kind != ELF_RISCV64_EXEC && kind != ELF_RISCV64_DYN)
        return NULL;
    memcpy(&eh, data, sizeof eh);
    if (eh.e_phnum > MAX_PHDRS || eh.e_phentsize != sizeof ph)
        return NULL;
    for (size_t i = 0; i < eh.e_phnum; i++) {
        if (eh.e_phoff > len || (i + 1) * sizeof ph > len - eh.e_phoff)
            return NULL;
        memcpy(&ph, data + eh.e_phoff + i * sizeof ph, sizeof ph);
        if (ph.p_type != PT_NOTE || ph.p_offset > len || ph.p_filesz > len - ph.p_offset)
            continue;
        const char *id = find_note(data + ph.p_offset, (size_t)ph.p_filesz, id_len);
        if (id != NULL)
            return id;
    }
    return NULL;
}
