/* SPDX-License-Identifier: Apache-2.0 */
/* The program loader: first code of every new process and of every exec.  Mapped by taskman at
 * LOADER_BASE, read-execute only: it has no writable data, everything lives in struct loader on the
 * stack.  Errors are -errno throughout. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <abi/iomsg.h>
#include "image/elf.h"
#include "main/kcall.h"
#include "path/normal.h"

#define SCRIPT_LINE_BYTES 256
#define ARGS_SCRIPT       3 /* interpreter, its argument, the script */

struct loaded { /* one ELF file, mapped */
    uint64_t bias, entry, phdr;
    uint16_t phnum;
};

struct loader {
    const struct tmsg_spawn *req; /* mapped copy of the request, checked by taskman */
    uint64_t req_bytes;
    int32_t pid;
    struct _cred_info cred;
    char path[PATH_BYTES];        /* the program as it was named: AT_EXECFN */
    char resolved[PATH_BYTES];    /* last path that was opened, absolute */
    char line[SCRIPT_LINE_BYTES]; /* "#!" line, split */
    const char *script_args[ARGS_SCRIPT];
    unsigned script_argc;
    struct loaded program, interp;
    bool has_interp;
    union {
        uint8_t message[2048];
        uint64_t align;
    };
    struct tmsg_resolve_reply where;
};

struct file { /* an open executable */
    int coid;
    bool is_mappable; /* served by taskman: TMSG_MEM_MAP takes the descriptor */
    uint64_t bytes;
};

/* io.c */
int lo_open(struct loader *l, const char *path, uint32_t oflag, uint32_t mode, unsigned index,
            int *server_pid);
int lo_close(int coid);
/* Bytes read at offset, fewer only at the end of the file. */
int64_t lo_read(int coid, void *to, uint64_t bytes, uint64_t offset);
struct stat;
int lo_stat(int coid, struct stat *st);
int lo_chdir(struct loader *l, const char *path);
int lo_fchdir(struct loader *l, int coid);
int64_t lo_map(uint64_t addr, uint64_t bytes, uint32_t prot, uint32_t flags, int coid,
               uint64_t offset);
int lo_protect(uint64_t addr, uint64_t bytes, uint32_t prot);
int lo_unmap(uint64_t addr, uint64_t bytes);

/* fds.c */
int fds_inherit(struct loader *l);
int fds_after_exec(const struct loader *l);
/* Makes the process's group the foreground one of the terminal it has on 0, 1 or 2. */
void fds_foreground(void);
int fds_actions(struct loader *l);

/* program.c: finds, opens, checks and maps the program and its interpreter */
int program_load(struct loader *l);

/* stack.c: arguments, environment and auxiliary vector at the top of the main stack.  The new stack
 * pointer, or -E2BIG. */
int64_t stack_build(const struct loader *l);

const char *lo_arg(const struct tmsg_spawn *req, uint32_t at, uint32_t index);
const char *lo_env(const struct loader *l, const char *name);
