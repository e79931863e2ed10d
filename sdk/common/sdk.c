/* SPDX-License-Identifier: Apache-2.0 */
#include "sdk.h"

#include "fs.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *current_verb;

void set_verb(const char *verb)
{
    current_verb = verb;
}

int complain(int code, const char *format, ...)
{
    va_list ap;
    fprintf(stderr, "qrv%s%s: error: ", current_verb ? " " : "", current_verb ? current_verb : "");
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    return code;
}

static char *program_directory(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return xstrdup(".");
    path[n] = '\0';
    return fs_dirname(path);
}

const struct sdk *sdk_locate(void)
{
    static struct sdk sdk;
    if (sdk.root != NULL)
        return &sdk;
    char *bin = program_directory();
    sdk.root = fs_dirname(bin);
    char *version = fs_join(sdk.root, "VERSION");
    char *manifest = fs_join(sdk.root, "MANIFEST");
    sdk.installed = fs_is_file(version) && fs_is_file(manifest);
    free(version);
    free(manifest);
    if (sdk.installed) {
        sdk.share = fs_join(sdk.root, "share");
    } else { /* out/build/host/qrv: the tree is three levels up */
        char *out = fs_dirname(sdk.root);
        free(sdk.root);
        sdk.root = out;
        sdk.share = fs_dirname(out);
    }
    sdk.sysroot = fs_join(sdk.root, "sysroot");
    sdk.images = fs_join(sdk.root, "images");
    free(bin);
    return &sdk;
}
