/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of a core file, as the RISC-V ELF psABI's tools know them: records of the System V kind with the sizes of 64-bit Linux, so
 * that any debugger reads them. */
#include "dumper.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct time_pair {
    int64_t sec, usec;
};

struct prstatus {
    int32_t si_signo, si_code, si_errno;
    int16_t cursig, pad;
    uint64_t sigpend, sighold;
    int32_t pid, ppid, pgrp, sid;
    struct time_pair utime, stime, cutime, cstime;
    uint64_t reg[32]; /* pc, x1 to x31 */
    int32_t fpvalid, pad2;
};
_Static_assert(sizeof(struct prstatus) == 376, "as BFD knows it");

struct prpsinfo {
    char state, sname, zomb, nice;
    int32_t pad;
    uint64_t flag;
    uint32_t uid, gid;
    int32_t pid, ppid, pgrp, sid;
    char fname[16], psargs[80];
};
_Static_assert(sizeof(struct prpsinfo) == 136, "as BFD knows it");

struct fpregset {
    uint64_t f[32];
    uint32_t fcsr, pad;
};

static void put(struct notes *n, const void *data, size_t bytes)
{
    size_t padded = (bytes + 3) & ~(size_t)3;
    if (n->bytes + padded > n->room) {
        size_t room = (n->bytes + padded) * 2;
        uint8_t *more = realloc(n->data, room);
        if (more == NULL) {
            n->has_failed = true;
            return;
        }
        n->data = more;
        n->room = room;
    }
    memset(n->data + n->bytes, 0, padded);
    memcpy(n->data + n->bytes, data, bytes);
    n->bytes += padded;
}

static void note(struct notes *n, const char *name, uint32_t type, const void *data, size_t bytes)
{
    Elf64_Nhdr head = {.n_namesz = (uint32_t)strlen(name) + 1, .n_descsz = (uint32_t)bytes, .n_type = type};
    put(n, &head, sizeof head);
    put(n, name, strlen(name) + 1);
    put(n, data, bytes);
}

static void put_thread(struct notes *n, const struct victim *v, const procfs_status *t)
{
    procfs_greg g;
    procfs_fpreg f;
    struct prstatus s = {.pid = t->tid, .ppid = v->info.ppid, .pgrp = v->info.pgrp, .sid = v->info.sid, .fpvalid = 1};
    struct fpregset fp = {0};
    s.sigpend = t->sig_pending;
    s.sighold = t->sig_mask;
    s.utime.sec = (int64_t)(t->sutime_ns / 1000000000);
    s.utime.usec = (int64_t)(t->sutime_ns / 1000 % 1000000);
    s.cursig = (int16_t)v->signo;
    s.si_signo = s.cursig;
    if (victim_registers(v, t->tid, &g, &f) == 0) {
        memcpy(s.reg, g.x, sizeof s.reg);
        memcpy(fp.f, f.f, sizeof fp.f);
        fp.fcsr = f.fcsr;
    } else { /* all that is known of a thread that does not rest */
        s.reg[0] = t->ip;
        s.reg[2] = t->sp;
    }
    note(n, "CORE", NT_PRSTATUS, &s, sizeof s);
    note(n, "CORE", NT_FPREGSET, &fp, sizeof fp);
}

static void put_process(struct notes *n, const struct victim *v)
{
    const char *name = strrchr(v->path, '/') != NULL ? strrchr(v->path, '/') + 1 : v->path;
    struct prpsinfo i = {.sname = 'R', .uid = v->info.cred.ruid, .gid = v->info.cred.rgid, .pid = v->pid, .ppid = v->info.ppid,
                         .pgrp = v->info.pgrp, .sid = v->info.sid};
    snprintf(i.fname, sizeof i.fname, "%.15s", name);
    snprintf(i.psargs, sizeof i.psargs, "%.79s", v->arguments[0] != '\0' ? v->arguments : name);
    note(n, "CORE", NT_PRPSINFO, &i, sizeof i);
}

static void put_siginfo(struct notes *n, const struct victim *v)
{
    struct _kc_siginfo info = v->threads[0].info; /* laid out as siginfo_t is */
    _Static_assert(sizeof info == sizeof(siginfo_t), "128 bytes");
    if (v->signo != 0)
        note(n, "CORE", NT_SIGINFO, &info, sizeof info);
}

#define WORDS_MAX 65536 /* of arguments and environment together */
#define PAIRS_MAX 64

/* Behind arguments and environment on the first stack. */
static void put_auxv(struct notes *n, const struct victim *v)
{
    uint64_t word, at = v->info.initial_stack + 8, pairs[PAIRS_MAX][2];
    size_t count = 0;
    if (v->info.initial_stack == 0)
        return;
    for (unsigned i = 0, vectors = 0; vectors < 2; i++, at += 8) {
        if (i == WORDS_MAX || victim_read(v, at, &word, sizeof word) != sizeof word)
            return;
        vectors += word == 0;
    }
    do {
        if (count == PAIRS_MAX || victim_read(v, at, pairs[count], sizeof pairs[0]) != sizeof pairs[0])
            return;
        at += sizeof pairs[0];
    } while (pairs[count++][0] != 0);
    note(n, "CORE", NT_AUXV, pairs, count * sizeof pairs[0]);
}

void notes_make(struct notes *n, const struct victim *v, bool only_one)
{
    memset(n, 0, sizeof *n);
    put_thread(n, v, &v->threads[0]);
    put_process(n, v);
    put_siginfo(n, v);
    put_auxv(n, v);
    for (size_t i = 1; i < v->num_threads && !only_one; i++)
        put_thread(n, v, &v->threads[i]);
}

void notes_free(struct notes *n)
{
    free(n->data);
    memset(n, 0, sizeof *n);
}
