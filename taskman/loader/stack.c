/* SPDX-License-Identifier: Apache-2.0 */
/* The initial stack as the C library's start code expects it (the psABI's layout): argc, argv,
 * NULL, envp, NULL, auxiliary vector, and the strings above.  Written from loader_stack_hi
 * downwards, above the loader's own frames. */
#include <errno.h>
#include <string.h>
#include <abi/syspage.h>
#include "loader/loader.h"

#define AT_PHDR   3
#define AT_PHENT  4
#define AT_PHNUM  5
#define AT_PAGESZ 6
#define AT_BASE   7
#define AT_FLAGS  8
#define AT_ENTRY  9
#define AT_UID    11
#define AT_EUID   12
#define AT_GID    13
#define AT_EGID   14
#define AT_HWCAP  16
#define AT_CLKTCK 17
#define AT_SECURE 23
#define AT_RANDOM 25
#define AT_EXECFN 31
#define AUX_PAIRS 20

const char *lo_arg(const struct tmsg_spawn *req, uint32_t at, uint32_t index)
{
    const char *text = (const char *)req + at;

    while (index--)
        text += strlen(text) + 1;
    return text;
}

const char *lo_env(const struct loader *l, const char *name)
{
    const char *text = (const char *)l->req + l->req->envp_off;
    size_t n = strlen(name);

    for (uint32_t i = 0; i < l->req->envc; i++, text += strlen(text) + 1)
        if (strncmp(text, name, n) == 0 && text[n] == '=')
            return text + n + 1;
    return NULL;
}

/* Single-letter extensions of the boot hart, as bits. */
static uint64_t hwcap(void)
{
    const struct qrv_syspage *sys = (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
    uint64_t caps = 0;

    for (size_t i = 4; i < sizeof(sys->isa) && sys->isa[i] >= 'a' && sys->isa[i] <= 'z'; i++) {
        char c = sys->isa[i];
        if (c == 's' || c == 'x' || c == 'z')
            break; /* multi-letter names follow */
        caps |= 1UL << (c == 'g' ? 'i' - 'a' : c - 'a');
        if (c == 'g')
            caps |= 1UL << ('m' - 'a') | 1UL << 0 | 1UL << ('f' - 'a') | 1UL << ('d' - 'a');
    }
    return caps;
}

struct writer {
    char *text;     /* strings grow downwards */
    uint64_t *word; /* vectors grow upwards */
};

static char *push(struct writer *w, const char *text, size_t n)
{
    w->text -= n;
    memcpy(w->text, text, n);
    return w->text;
}

static void aux(struct writer *w, uint64_t type, uint64_t value)
{
    *w->word++ = type;
    *w->word++ = value;
}

static void write_aux(const struct loader *l, struct writer *w)
{
    const struct tmsg_spawn *req = l->req;
    char *random = push(w, (const char *)req->random, sizeof(req->random));
    char *execfn = push(w, l->path, strlen(l->path) + 1);

    aux(w, AT_PHDR, l->program.phdr);
    aux(w, AT_PHENT, sizeof(struct elf_segment));
    aux(w, AT_PHNUM, l->program.phnum);
    aux(w, AT_PAGESZ, QRV_PAGE_SIZE);
    aux(w, AT_BASE, l->has_interp ? l->interp.bias : 0);
    aux(w, AT_FLAGS, 0);
    aux(w, AT_ENTRY, l->program.entry);
    aux(w, AT_UID, l->cred.ruid);
    aux(w, AT_EUID, l->cred.euid);
    aux(w, AT_GID, l->cred.rgid);
    aux(w, AT_EGID, l->cred.egid);
    aux(w, AT_SECURE, l->cred.ruid != l->cred.euid || l->cred.rgid != l->cred.egid);
    aux(w, AT_HWCAP, hwcap());
    aux(w, AT_CLKTCK, 100);
    aux(w, AT_RANDOM, (uint64_t)random);
    aux(w, AT_EXECFN, (uint64_t)execfn);
    aux(w, 0, 0);
}

/* Bytes of `count` strings from offset `at` of the request. */
static uint64_t strings_bytes(const struct tmsg_spawn *req, uint32_t at, uint32_t count)
{
    return count ? (uint64_t)(lo_arg(req, at, count) - ((const char *)req + at)) : 0;
}

static void write_strings(const struct tmsg_spawn *req, uint32_t at, uint32_t from, uint32_t count,
                          struct writer *w)
{
    const char *text = (const char *)req + at;

    for (uint32_t i = 0; i < count; i++) {
        size_t n = strlen(text) + 1;
        if (i >= from)
            *w->word++ = (uint64_t)push(w, text, n);
        text += n;
    }
}

int64_t stack_build(const struct loader *l)
{
    const struct tmsg_spawn *req = l->req;
    uint32_t kept = l->script_argc && req->argc ? 1 : 0; /* argv[0] gives way to the interpreter */
    uint64_t argc = req->argc - kept + l->script_argc;
    uint64_t words = 1 + argc + 1 + req->envc + 1 + 2 * AUX_PAIRS;
    uint64_t text = strings_bytes(req, req->argv_off, req->argc) +
                    strings_bytes(req, req->envp_off, req->envc) + strlen(l->path) + 1 +
                    sizeof(req->random);
    struct writer w;
    uint64_t sp;

    for (unsigned i = 0; i < l->script_argc; i++)
        text += strlen(l->script_args[i]) + 1;
    sp = (req->loader_stack_hi - 16 - text - 8 * words) & ~15UL;
    if (sp < (uint64_t)(l + 1) + 1024)
        return -E2BIG; /* would run into the frames of this very function's callers */
    w.text = (char *)req->loader_stack_hi - 16;
    w.word = (uint64_t *)sp;
    *w.word++ = argc;
    for (unsigned i = 0; i < l->script_argc; i++)
        *w.word++ = (uint64_t)push(&w, l->script_args[i], strlen(l->script_args[i]) + 1);
    write_strings(req, req->argv_off, kept, req->argc, &w);
    *w.word++ = 0;
    write_strings(req, req->envp_off, 0, req->envc, &w);
    *w.word++ = 0;
    write_aux(l, &w);
    return (int64_t)sp;
}
