/* SPDX-License-Identifier: Apache-2.0 */
/* qrv meson-cross: the SDK's Meson cross file with this SDK's place in it, for a Meson that does
 * not know @DIRNAME@. */
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: qrv meson-cross\n"
    "\n"
    "Prints a Meson cross file for this SDK. It has the SDK's place in it: make it again when the "
    "SDK has\n"
    "moved. Meson 1.3 and newer can take <sdk>/share/meson/riscv64-unknown-qrv.ini as it is.\n"
    "\n"
    "Examples:\n"
    "  qrv meson-cross >qrv.ini\n"
    "  meson setup --cross-file qrv.ini build\n";

static const char placeholder[] = "@DIRNAME@";

/* A string in a cross file stands between single quotes. */
static void put_quoted(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buf_puts(out, "\\");
        buf_append(out, text, 1);
    }
}

int cmd_meson_cross(int argc, char **argv)
{
    bool want_help = false;
    const struct option_spec specs[] = {{"--help", .flag = &want_help}, {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n != 0)
        return n < 0 ? EXIT_USAGE : complain(EXIT_USAGE, "usage: qrv meson-cross");

    const struct sdk *sdk = sdk_locate();
    char *dir = fs_join(sdk->share, sdk->installed ? "meson" : "cmake/meson");
    char *path = fs_join(dir, "riscv64-unknown-qrv.ini");
    struct buf in = {0};
    struct buf out = {0};
    int error = fs_read(path, &in);
    int result = EXIT_OK;
    if (error != 0)
        result = complain(EXIT_MISSING, "%s: %s", path, strerror(-error));
    for (const char *at = in.data; at != NULL && *at != '\0';) {
        const char *end = at + strcspn(at, "\n");
        const char *found = *at == '#' ? NULL : strstr(at, placeholder);
        if (found != NULL && found < end) {
            buf_append(&out, at, (size_t)(found - at));
            put_quoted(&out, dir);
            at = found + strlen(placeholder);
        } else {
            buf_append(&out, at, (size_t)(end - at) + (*end == '\n'));
            at = *end == '\n' ? end + 1 : end;
        }
    }
    if (out.len > 0)
        fwrite(out.data, 1, out.len, stdout);
    buf_free(&in);
    buf_free(&out);
    free(path);
    free(dir);
    return result;
}
