/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's GDB, and the commands for it (heap strings); how it is run. */
#pragma once

/* NULL: there is none that works (the bootstrap toolchain has only a wrapper). */
char *gdb_find(void);

/* The script that defines "info qrv" and "qrv"; GDB reads it by itself only in an installed SDK. */
char *gdb_commands(void);

/* Becomes GDB; returns an exit code after a message. */
int gdb_become(char **argv);
/* GDB as a child, to which Ctrl-C belongs, with the text that comes from `console` (-1: none) passed on. Its exit code. */
int gdb_run(char **argv, int console);
