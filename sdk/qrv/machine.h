/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated machine: finding QEMU and the firmware, and the command line. */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* virt has a test device that ends QEMU; sifive_u is a HiFive Unleashed: hart 0 has no supervisor
 * mode, and nothing can switch it off. */
enum machine_kind { MACHINE_VIRT, MACHINE_SIFIVE_U };

struct machine {
    enum machine_kind kind;
    const char *qemu;
    const char *bios;
    const char *kernel;
    const char *image;  /* may be a /proc/self/fd path */
    const char *append; /* NULL: none */
    const char *disk;   /* boots from it through U-Boot, without kernel and image; NULL: no disk */
    const char *loader; /* with disk: U-Boot for virt, U-Boot's SPL for sifive_u */
    long harts;
    uint64_t memory; /* bytes */
    long gdb_port;   /* 0: no GDB server */
    bool wait;       /* start stopped, for GDB */
    const char *log;  /* what passes on the serial line goes there, too; NULL: nowhere */
    const char *line; /* serial line: a socket that QEMU makes; NULL: this terminal */
    bool bare;       /* no console and no device that extra does not name */
    bool net;        /* QEMU's user network behind a virtio device */
    const char **forwards; /* with net: "PORT:PORT", of the host's loopback and of the target; NULL: none */
    char **extra;    /* NULL-terminated arguments of the user */
};

/* False: no such machine. */
bool machine_find(const char *name, enum machine_kind *kind);

/* Heap strings, or NULL when there is none. */
char *machine_find_qemu(void);
char *machine_find_bios(void);

/* A NULL-terminated argument vector on the heap; machine_argv_free() frees it. */
char **machine_argv(const struct machine *m);
void machine_argv_free(char **argv);

/* "[tcp:|udp:]HOST-PORT:TARGET-PORT" as QEMU wants it, on the heap; NULL: it is none. */
char *machine_forward(const char *text);

/* Appends argv as a line that a shell reads back to the same words. */
void machine_quote(char *const *argv, struct buf *out);

/* "512M", "2G" (M is meant without a letter). False if it is no size, below 64 MiB or above 64 GiB.
 */
bool machine_parse_memory(const char *text, uint64_t *bytes);
