/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to mapped segments: search, permission, script line, ELF checks, mapping,
 * interpreter. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "loader/loader.h"
#include "memory/aspace.h"

#define MAP_PRIVATE_ANON 0x22u
#define MAP_PRIVATE_FILE 0x02u
#define MAP_AT           0x10u     /* MAP_FIXED */
#define MAP_AT_IF_FREE   0x100000u /* MAP_FIXED_NOREPLACE */
#define PAGE             QRV_PAGE_SIZE

static uint64_t page_down(uint64_t v)
{
    return v & ~(PAGE - 1);
}
static uint64_t page_up(uint64_t v)
{
    return (v + PAGE - 1) & ~(PAGE - 1);
}

static bool may_execute(const struct _cred_info *c, const struct stat *st)
{
    bool is_in_group = c->egid == st->st_gid;

    if (c->euid == 0)
        return (st->st_mode & 0111) != 0;
    if (c->euid == st->st_uid)
        return (st->st_mode & 0100) != 0;
    for (uint32_t i = 0; i < c->ngroups && i < _KC_NGROUPS_MAX; i++)
        is_in_group |= c->grouplist[i] == st->st_gid;
    return (st->st_mode & (is_in_group ? 0010 : 0001)) != 0;
}

static int open_executable(struct loader *l, const char *path, struct file *f)
{
    struct stat st;
    int server, rc;

    f->coid = lo_open(l, path, O_RDONLY, 0, _NTO_SIDE_CHANNEL, &server);
    if (f->coid < 0)
        return f->coid;
    f->is_mappable = server == TASKMAN_PID;
    rc = lo_stat(f->coid, &st);
    if (rc == 0 && (!S_ISREG(st.st_mode) || !may_execute(&l->cred, &st)))
        rc = -EACCES;
    if (rc < 0) {
        lo_close(f->coid);
        return rc;
    }
    f->bytes = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
    return 0;
}

/* A name without a slash is looked for along PATH. */
static int open_by_search(struct loader *l, const char *name, struct file *f)
{
    const char *dirs = lo_env(l, "PATH");
    int result = -ENOENT;

    if (!dirs || !*dirs)
        dirs = "/proc/boot:/bin:/usr/bin";
    for (;;) {
        const char *end = strchr(dirs, ':');
        size_t n = end ? (size_t)(end - dirs) : strlen(dirs), m = strlen(name);

        if (n + 1 + m < PATH_BYTES) {
            int rc;

            memcpy(l->path, dirs, n);
            if (n)
                l->path[n++] = '/';
            memcpy(l->path + n, name, m + 1);
            rc = open_executable(l, l->path, f);
            if (rc == 0)
                return 0;
            if (rc == -EACCES) /* said only if nothing better turns up */
                result = rc;
            else if (rc != -ENOENT && rc != -ENOTDIR)
                return rc;
        }
        if (!end)
            return result;
        dirs = end + 1;
    }
}

static int map_at(uint64_t start, uint64_t bytes, uint32_t prot, uint32_t kind, int coid,
                  uint64_t offset, bool is_dyn)
{
    int64_t at =
        lo_map(start, bytes, prot, kind | (is_dyn ? MAP_AT : MAP_AT_IF_FREE), coid, offset);

    if (at == -EEXIST)
        return -ENOEXEC; /* the program wants to lie where stack or loader are */
    return at < 0 ? (int)at : 0;
}

static int map_segment(const struct file *f, const struct elf_segment *s, uint64_t bias,
                       bool is_dyn)
{
    uint64_t start = page_down(s->vaddr) + bias, data_end = s->vaddr + s->filesz + bias;
    uint64_t end = page_up(s->vaddr + s->memsz) + bias,
             file_end = s->filesz ? page_up(data_end) : start;
    uint32_t prot = (s->flags & ELF_R ? TM_PROT_READ : 0) | (s->flags & ELF_W ? TM_PROT_WRITE : 0) |
                    (s->flags & ELF_X ? TM_PROT_EXEC : 0);
    bool is_direct = f->is_mappable && !(s->memsz > s->filesz && !(s->flags & ELF_W));
    int64_t rc = 0;

    if (s->filesz && (s->offset > f->bytes || s->filesz > f->bytes - s->offset))
        return -ENOEXEC;
    if (s->filesz && is_direct) {
        rc = map_at(start, file_end - start, prot, MAP_PRIVATE_FILE, f->coid, page_down(s->offset),
                    is_dyn);
        if (rc == 0 && (s->flags & ELF_W))
            memset((void *)data_end, 0, file_end - data_end);
    } else if (s->filesz) {
        rc = map_at(start, file_end - start, TM_PROT_READ | TM_PROT_WRITE, MAP_PRIVATE_ANON, -1, 0,
                    is_dyn);
        if (rc == 0)
            rc = lo_read(f->coid, (void *)(s->vaddr + bias), s->filesz, s->offset);
        if (rc >= 0)
            rc = (uint64_t)rc == s->filesz ? lo_protect(start, file_end - start, prot) : -EIO;
    }
    if (rc == 0 && end > file_end)
        rc = map_at(file_end, end - file_end, prot, MAP_PRIVATE_ANON, -1, 0, is_dyn);
    return (int)rc;
}

static int map_segments(const struct file *f, const struct elf_header *h,
                        const struct elf_segment *seg, const struct elf_image *image,
                        struct loaded *out)
{
    if (image->is_dyn) {
        int64_t base = lo_map(0, image->high - image->low, 0, MAP_PRIVATE_ANON, -1, 0);
        if (base < 0)
            return (int)base;
        out->bias = (uint64_t)base - image->low;
    }
    for (unsigned i = 0; i < h->phnum; i++) {
        int rc;

        if (seg[i].type != ELF_LOAD || seg[i].memsz == 0)
            continue;
        rc = map_segment(f, &seg[i], out->bias, image->is_dyn);
        if (rc < 0)
            return rc;
    }
    out->entry = image->entry + out->bias;
    out->phdr = image->phdr ? image->phdr + out->bias : 0;
    out->phnum = image->phnum;
    return 0;
}

/* Checks and maps an open ELF file; interp[ELF_INTERP_MAX] gets the interpreter's path, "" if there
 * is none. */
static int load_elf(const struct file *f, const struct elf_header *h, struct loaded *out,
                    char *interp)
{
    struct elf_segment seg[ELF_SEGMENTS_MAX];
    struct elf_image image;
    int64_t want = (int64_t)h->phnum * (int64_t)sizeof(seg[0]);
    int rc;

    if (lo_read(f->coid, seg, (uint64_t)want, h->phoff) != want)
        return -ENOEXEC;
    rc = elf_check_segments(h, seg, STACK_TOP - STACK_RANDOM_PAGES * PAGE - MAIN_STACK_MAX, &image);
    if (rc < 0)
        return rc;
    interp[0] = '\0';
    if (image.interp_bytes) {
        if (lo_read(f->coid, interp, image.interp_bytes, image.interp_offset) !=
                (int64_t)image.interp_bytes ||
            interp[image.interp_bytes - 1] != '\0' || interp[0] != '/')
            return -ENOEXEC;
    }
    return map_segments(f, h, seg, &image, out);
}

/* The dynamic linker: where the program says, or in the boot archive before the script has made the
 * link to it. */
static int load_interp(struct loader *l, const char *path)
{
    static const char boot[] = "/proc/boot";
    char other[sizeof(boot) + ELF_INTERP_MAX], none[ELF_INTERP_MAX];
    struct elf_header h;
    struct file f;
    int rc = open_executable(l, path, &f);

    if (rc == -ENOENT) {
        const char *base = strrchr(path, '/');
        memcpy(other, boot, sizeof(boot));
        memcpy(other + sizeof(boot) - 1, base, strlen(base) + 1);
        rc = open_executable(l, other, &f);
    }
    if (rc < 0)
        return rc;
    rc = lo_read(f.coid, &h, sizeof(h), 0) == (int64_t)sizeof(h) ? elf_check_header(&h) : -ENOEXEC;
    if (rc == 0)
        rc = load_elf(&f, &h, &l->interp, none);
    if (rc == 0 && none[0])
        rc = -ENOEXEC;
    lo_close(f.coid);
    l->has_interp = rc == 0;
    return rc;
}

/* The file is no ELF: a "#!" line, or, if asked for, a script for the shell.  0: go on with
 * l->script_args[0]. */
static int use_script(struct loader *l, const struct file *f)
{
    char *interpreter, *argument;
    int64_t got = lo_read(f->coid, l->line, sizeof(l->line), 0);

    if (got < 0)
        return (int)got;
    if (script_parse(l->line, (size_t)got, &interpreter, &argument) == 0) {
        l->script_args[l->script_argc++] = interpreter;
        if (argument)
            l->script_args[l->script_argc++] = argument;
    } else if ((l->req->flags & TMSG_SPAWN_SCRIPT) && !(got >= 4 && l->line[0] == 0x7f)) {
        l->script_args[l->script_argc++] = "/bin/sh";
    } else {
        return -ENOEXEC;
    }
    l->script_args[l->script_argc++] = l->path;
    return 0;
}

int program_load(struct loader *l)
{
    const char *path = (const char *)l->req + l->req->path_off;
    char interp[ELF_INTERP_MAX];
    struct elf_header h;
    struct file f;
    int rc;

    if (path[0] == '\0')
        return -ENOENT;
    if (strlen(path) >= PATH_BYTES)
        return -ENAMETOOLONG;
    if ((l->req->flags & TMSG_SPAWN_SEARCH) && !strchr(path, '/')) {
        rc = open_by_search(l, path, &f);
    } else {
        memcpy(l->path, path, strlen(path) + 1);
        rc = open_executable(l, path, &f);
    }
    for (int level = 0; rc == 0; level++) {
        rc = lo_read(f.coid, &h, sizeof(h), 0) == (int64_t)sizeof(h) ? elf_check_header(&h)
                                                                     : -ENOEXEC;
        if (rc == 0) {
            rc = load_elf(&f, &h, &l->program, interp);
            lo_close(f.coid);
            break;
        }
        rc = level == 0 ? use_script(l, &f) : -ENOEXEC;
        lo_close(f.coid);
        if (rc == 0)
            rc = open_executable(l, l->script_args[0], &f);
    }
    return rc == 0 && interp[0] ? load_interp(l, interp) : rc;
}
