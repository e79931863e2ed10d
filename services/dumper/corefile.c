/* SPDX-License-Identifier: Apache-2.0 */
/* The file: header, program headers, notes, memory. */
#include "dumper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define SHARED 0x1 /* procfs_mapinfo.flags */
#ifndef EF_RISCV_RVC
#define EF_RISCV_RVC 0x1
#define EF_RISCV_FLOAT_ABI_DOUBLE 0x4
#endif

struct layout {
    Elf64_Ehdr head;
    Elf64_Phdr *segments; /* [0] is the notes */
    uint64_t bytes;
};

static int write_all(int fd, const void *data, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        ssize_t n = write(fd, (const char *)data + at, bytes - at);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0)
            return ENOSPC;
        if (n > 0)
            at += (size_t)n;
    }
    return 0;
}

static bool is_dumped(const procfs_mapinfo *r, const struct dump_options *o)
{
    if (o->no_memory || !(r->prot & PROT_READ))
        return false;
    return !(o->no_shared && (r->flags & SHARED));
}

static int plan(const struct victim *v, const struct notes *n, const struct dump_options *o, struct layout *l)
{
    size_t count = v->num_regions + 1;
    l->segments = calloc(count, sizeof *l->segments);
    if (l->segments == NULL)
        return ENOMEM;
    l->head = (Elf64_Ehdr){.e_type = ET_CORE, .e_machine = EM_RISCV, .e_version = EV_CURRENT, .e_phoff = sizeof l->head,
                           .e_flags = EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE, .e_ehsize = sizeof l->head,
                           .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = (Elf64_Half)count};
    memcpy(l->head.e_ident, ELFMAG, SELFMAG);
    l->head.e_ident[EI_CLASS] = ELFCLASS64;
    l->head.e_ident[EI_DATA] = ELFDATA2LSB;
    l->head.e_ident[EI_VERSION] = EV_CURRENT;
    uint64_t at = sizeof l->head + count * sizeof *l->segments;
    l->segments[0] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = at, .p_filesz = n->bytes, .p_align = 4};
    at += n->bytes;
    if (at > o->limit)
        return EFBIG;
    at = (at + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    for (size_t i = 0; i < v->num_regions; i++) {
        const procfs_mapinfo *r = &v->regions[i];
        Elf64_Phdr *p = &l->segments[i + 1];
        *p = (Elf64_Phdr){.p_type = PT_LOAD, .p_offset = at, .p_vaddr = r->addr, .p_memsz = r->bytes, .p_align = PAGE};
        p->p_flags = (r->prot & PROT_READ ? PF_R : 0) | (r->prot & PROT_WRITE ? PF_W : 0) | (r->prot & PROT_EXEC ? PF_X : 0);
        uint64_t room = o->limit > at ? (o->limit - at) & ~(uint64_t)(PAGE - 1) : 0;
        if (is_dumped(r, o))
            p->p_filesz = r->bytes < room ? r->bytes : room;
        at += p->p_filesz;
    }
    l->bytes = at;
    return 0;
}

/* A page that cannot be read (a device, memory that is out) is zero in the file. */
static int copy_segment(int fd, const struct victim *v, const Elf64_Phdr *p)
{
    static uint8_t buffer[16 * PAGE];
    for (uint64_t done = 0; done < p->p_filesz;) {
        size_t part = p->p_filesz - done < sizeof buffer ? (size_t)(p->p_filesz - done) : sizeof buffer;
        ssize_t got = victim_read(v, p->p_vaddr + done, buffer, part);
        if (got < 0 && errno == ESRCH)
            return ECANCELED;
        if (got <= 0) {
            part = got = part < PAGE ? (ssize_t)part : PAGE;
            memset(buffer, 0, part);
        }
        int error = write_all(fd, buffer, (size_t)got);
        if (error != 0)
            return error;
        done += (uint64_t)got;
    }
    return 0;
}

static int fill(int fd, const struct victim *v, const struct notes *n, const struct layout *l)
{
    static const uint8_t zeros[PAGE];
    int error = write_all(fd, &l->head, sizeof l->head);
    if (error == 0)
        error = write_all(fd, l->segments, l->head.e_phnum * sizeof *l->segments);
    if (error == 0)
        error = write_all(fd, n->data, n->bytes);
    uint64_t end = l->segments[0].p_offset + n->bytes;
    if (error == 0 && l->bytes > end)
        error = write_all(fd, zeros, (PAGE - end % PAGE) % PAGE);
    for (size_t i = 1; i < l->head.e_phnum && error == 0; i++)
        error = copy_segment(fd, v, &l->segments[i]);
    return error;
}

/* A program with the rights of two users holds what one of them must not see: the file stays ours. */
static int give_away(int fd, const struct victim *v, const struct dump_options *o)
{
    const struct _cred_info *c = &v->info.cred;
    if (c->ruid != c->euid || c->ruid != c->suid || c->rgid != c->egid || c->rgid != c->sgid)
        return 0;
    if (fchown(fd, c->ruid, c->rgid) == 0 && fchmod(fd, o->is_readable ? 0644 : 0600) == 0)
        return 0;
    return errno == ENOSYS || errno == EPERM ? 0 : errno;
}

int core_write(const struct victim *v, const char *file, const struct dump_options *o, uint64_t *bytes)
{
    struct notes n;
    struct layout l = {.segments = NULL};
    int fd = -1, error;
    notes_make(&n, v, o->only_one);
    error = n.has_failed ? ENOMEM : plan(v, &n, o, &l);
    if (error == 0) {
        /* Never through a link that somebody has laid there, and nobody else reads it before it is the owner's. */
        unlink(file);
        fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        error = fd == -1 ? errno : fill(fd, v, &n, &l);
    }
    if (error == 0)
        error = give_away(fd, v, o);
    if (fd != -1 && close(fd) != 0 && error == 0)
        error = errno;
    if (fd != -1 && error != 0)
        unlink(file);
    *bytes = l.bytes;
    free(l.segments);
    notes_free(&n);
    return error;
}
