/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's GDB, and the commands for it. Heap strings. */
#pragma once

/* NULL: there is none that works (the bootstrap toolchain has only a wrapper). */
char *gdb_find(void);

/* The script that defines "info qrv" and "qrv"; GDB reads it by itself only in an installed SDK. */
char *gdb_commands(void);
