/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv exec: one program of the target, run as if it were one of the build machine. cmd_exec.c reads
 * the command line, exec_plan.c says what goes over, exec_run.c holds the emulator and moves bytes,
 * exec_fault.c explains the death of a program.
 */
#pragma once

#include "../../sysroot/include/abi/exec.h"
#include "../common/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct exec {
    const char **env; /* --env, NULL-terminated or NULL */
    long harts;
    uint64_t memory;
    double seconds; /* --timeout, 0: none */
    bool console;   /* the machine's console goes to standard error as it comes */
    bool dry_run;
    bool net; /* QEMU's user network */
    bool verbose;
    const char *qemu, *bios, *kernel, *image;
    char **argv; /* the program and its arguments, NULL-terminated */
};

/* exec_plan.c: the payload of QRV_EXEC_START. 0, or an exit code after a message. */
int exec_plan(const struct exec *e, struct buf *start);
/* The command line of the emulator; the descriptor of the link is `link` in it.
 * machine_argv_free().
 */
char **exec_machine(const struct exec *e, int link);

/* exec_run.c: runs it all; the exit code. */
int exec_run(const struct exec *e, const struct buf *start, char *const *machine);

/* exec_fault.c: what standard error gets after the program died by a signal. console: what the
 * machine has said. */
void exec_explain(const struct exec *e, uint32_t pid, uint32_t signo, const struct buf *console);
