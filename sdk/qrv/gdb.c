/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb.h"

#include "../common/fs.h"
#include "../common/sdk.h"

#include <stdlib.h>

char *gdb_find(void)
{
    const struct sdk *sdk = sdk_locate();
    char *gdb = fs_join(sdk->root, sdk->installed ? "bin/riscv64-unknown-qrv-gdb" : "toolchain/bin/riscv64-unknown-qrv-gdb");
    if (fs_is_file(gdb))
        return gdb;
    free(gdb);
    return NULL;
}

char *gdb_commands(void)
{
    const struct sdk *sdk = sdk_locate();
    return fs_join(sdk->share, sdk->installed ? "gdb/system-gdbinit.d/qrv-kernel.py"
                                              : "sdk/gdb/system-gdbinit.d/qrv-kernel.py");
}
