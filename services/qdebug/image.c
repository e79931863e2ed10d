/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts: ELF, and the SVR4 link map as musl's dynamic linker keeps it. */
#include "image.h"

#include <devctl.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 65536 /* of arguments and environment together */
#define MODULES_MAX 512
#define HEADERS_MAX 64
#define DYNAMIC_MAX 256

static bool get(const struct target *t, uint64_t at, void *data, size_t bytes)
{
    return target_read(t, at, data, bytes) == (ssize_t)bytes;
}

/* ---- the auxiliary vector: behind arguments and environment on the first stack */

/* Words of memory, read a block at a time. */
struct words {
    const struct target *t;
    uint64_t at, block[64];
    unsigned next, count;
};

static bool word(struct words *w, uint64_t *value)
{
    if (w->next == w->count) {
        ssize_t n = target_read(w->t, w->at, w->block, sizeof w->block);
        if (n < (ssize_t)sizeof w->block[0])
            return false;
        w->count = (unsigned)n / sizeof w->block[0];
        w->next = 0;
        w->at += w->count * sizeof w->block[0];
    }
    *value = w->block[w->next++];
    return true;
}

int image_auxv(const struct target *t, struct table *x)
{
    procfs_info info;
    uint64_t value, pair[2];
    int error = devctl(t->fd, DCMD_PROC_INFO, &info, sizeof info, NULL);
    if (error != EOK || info.initial_stack == 0)
        return error != EOK ? error : ENOENT;
    struct words w = {.t = t, .at = info.initial_stack + 8};
    for (unsigned n = 0, vectors = 0; vectors < 2; n++) {
        if (n == WORDS_MAX || !word(&w, &value))
            return EFAULT;
        vectors += value == 0;
    }
    do {
        if (x->bytes > 64 * sizeof pair || !word(&w, &pair[0]) || !word(&w, &pair[1]))
            return EFAULT;
        table_bytes(x, pair, sizeof pair);
    } while (pair[0] != AT_NULL);
    return EOK;
}

/* ---- program headers */

struct headers {
    uint64_t bias; /* of addresses in them */
    int count;
    Elf64_Phdr all[HEADERS_MAX];
};

static const Elf64_Phdr *header(const struct headers *h, uint32_t type)
{
    for (int i = 0; i < h->count; i++)
        if (h->all[i].p_type == type)
            return &h->all[i];
    return NULL;
}

static int read_headers(const struct target *t, uint64_t at, uint64_t count, struct headers *h)
{
    if (at == 0 || count > HEADERS_MAX)
        return ENOEXEC;
    h->count = (int)count;
    return get(t, at, h->all, count * sizeof h->all[0]) ? EOK : EFAULT;
}

static int program_headers(const struct target *t, struct headers *h)
{
    struct table x = {0};
    uint64_t at = 0, count = 0;
    int error = image_auxv(t, &x);
    for (size_t i = 0; i + 16 <= x.bytes; i += 16) {
        uint64_t pair[2];
        memcpy(pair, x.text + i, sizeof pair);
        at = pair[0] == AT_PHDR ? pair[1] : at;
        count = pair[0] == AT_PHNUM ? pair[1] : count;
    }
    free(x.text);
    if (error == EOK)
        error = read_headers(t, at, count, h);
    if (error == EOK) {
        const Elf64_Phdr *self = header(h, PT_PHDR);
        h->bias = self != NULL ? at - self->p_vaddr : 0;
    }
    return error;
}

/* Of a library: its file header lies where its addresses begin. */
static int library_headers(const struct target *t, uint64_t addr, struct headers *h)
{
    Elf64_Ehdr e;
    if (!get(t, addr, &e, sizeof e))
        return EFAULT;
    if (memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 || e.e_phentsize != sizeof(Elf64_Phdr))
        return ENOEXEC;
    h->bias = addr;
    return read_headers(t, addr + e.e_phoff, e.e_phnum, h);
}

/* ---- the link map */

/* Its first entry, 0 none: found as any debugger does, by the program's DT_DEBUG. */
static int first_entry(const struct target *t, uint64_t *where, uint64_t *lm)
{
    static struct headers h;
    struct r_debug debug;
    int error = program_headers(t, &h);
    const Elf64_Phdr *dynamic = error == EOK ? header(&h, PT_DYNAMIC) : NULL;
    *where = *lm = 0;
    if (dynamic == NULL)
        return error;
    for (uint64_t i = 0, at = h.bias + dynamic->p_vaddr; i < DYNAMIC_MAX; i++, at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn entry;
        if (!get(t, at, &entry, sizeof entry))
            return EFAULT;
        if (entry.d_tag == DT_NULL || (entry.d_tag == DT_DEBUG && entry.d_un.d_ptr == 0))
            return EOK;
        if (entry.d_tag != DT_DEBUG)
            continue;
        if (!get(t, entry.d_un.d_ptr, &debug, sizeof debug))
            return EFAULT;
        *where = entry.d_un.d_ptr;
        *lm = (uint64_t)(uintptr_t)debug.r_map;
        return EOK;
    }
    return EOK;
}

static void get_name(const struct target *t, uint64_t at, char name[256])
{
    ssize_t n = target_read(t, at, name, 255); /* as much of it as there is memory */
    name[n > 0 ? n : 0] = '\0';
}

int image_modules(const struct target *t, struct image_module **out, int *count)
{
    uint64_t debug, lm;
    struct image_module *all = NULL;
    int n = 0, room = 0, error = first_entry(t, &debug, &lm);
    while (error == EOK && lm != 0 && n < MODULES_MAX) {
        struct link_map map; /* pointers of the target's */
        if (n == room) {
            struct image_module *more = realloc(all, (size_t)(room = room * 2 + 8) * sizeof *all);
            if (more == NULL) {
                error = ENOMEM;
                break;
            }
            all = more;
        }
        if (!get(t, lm, &map, sizeof map)) {
            error = EFAULT;
            break;
        }
        all[n] = (struct image_module){.debug = debug, .lm = lm, .addr = map.l_addr, .ld = (uintptr_t)map.l_ld};
        get_name(t, (uintptr_t)map.l_name, all[n++].name);
        lm = (uintptr_t)map.l_next;
    }
    if (error != EOK) {
        free(all);
        return error;
    }
    *out = all;
    *count = n;
    return EOK;
}

/* ---- thread-local storage: the word below tp points to a vector, [0] the number of modules, [n] module n's storage */

#define STORAGE_BIAS 0x800 /* the pointers are ahead by this (RISC-V ELF psABI) */

static bool has_storage(const struct target *t, const struct image_module *m, bool is_program)
{
    static struct headers h;
    return (is_program ? program_headers(t, &h) : library_headers(t, m->addr, &h)) == EOK && header(&h, PT_TLS) != NULL;
}

/* Modules are numbered in the order of the link map, which is the one of loading; those without storage have no number. */
static int module_number(const struct target *t, uint64_t lm, uint64_t *number)
{
    struct image_module *all;
    int count, error = image_modules(t, &all, &count);
    if (error != EOK)
        return error;
    bool is_found = count == 0 && lm == 0; /* linked statically: the only one */
    *number = is_found ? 1 : 0;
    for (int i = 0; i < count && !is_found; i++) {
        bool has = has_storage(t, &all[i], i == 0);
        *number += has;
        is_found = has && (all[i].lm == lm || lm == 0);
    }
    free(all);
    return is_found ? EOK : ENOENT;
}

int image_tls(const struct target *t, uint64_t tp, uint64_t lm, uint64_t offset, uint64_t *addr)
{
    uint64_t number, vector, known, storage;
    int error = module_number(t, lm, &number);
    if (error != EOK)
        return error;
    if (tp == 0 || !get(t, tp - 8, &vector, 8) || !get(t, vector, &known, 8))
        return EFAULT; /* a thread that has not begun */
    if (number > known || !get(t, vector + 8 * number, &storage, 8))
        return ENOENT;
    *addr = storage - STORAGE_BIAS + offset;
    return EOK;
}
