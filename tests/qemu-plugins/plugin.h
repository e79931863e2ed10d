/* SPDX-License-Identifier: Apache-2.0 */
/* What our plugins have in common: the options symbols=FILE and out=FILE, how the emulator calls them, where the report goes. */
#pragma once
#include <stdbool.h>
#include <stdio.h>
#include "qemu.h"

struct plugin {
    const char *name;
    bool wants_symbols;          /* symbols=FILE has to be there, with some (symbols.h) */
    bool (*begin)(void);         /* before the machine starts; NULL nothing.  false: the emulator ends */
    qemu_translated_fn translated;
    void (*report)(FILE *out);   /* at the emulator's end */
};

extern const struct plugin plugin; /* each has one */
FILE *plugin_report_open(void);    /* out=FILE, else stderr */
void plugin_report_close(FILE *f);
