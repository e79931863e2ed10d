/* SPDX-License-Identifier: Apache-2.0 */
/* qrv verify: is the installed SDK what was packed? */
#include "../common/options.h"
#include "../common/sdk.h"
#include "manifest.h"
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: qrv verify [--json] [DIR]\n"
    "\n"
    "Compares every file of the SDK (this one, or the one in DIR) with its MANIFEST: contents, "
    "executable bit\n"
    "and links. Prints a line per difference: altered, missing, mode or link, and the file.\n"
    "\n"
    "Examples:\n"
    "  qrv verify\n"
    "  qrv verify --json /opt/qrv-sdk\n"
    "\n"
    "Exit code: 0 all as packed, 1 differences, 4 no manifest there.\n";

static void print_json(const char *root, long count, const struct buf *findings)
{
    struct buf out = {0};
    const char *separator = "";
    buf_puts(&out, "{\"sdk\": ");
    buf_json(&out, root);
    buf_printf(&out, ", \"files\": %ld, \"findings\": [", count);
    for (char *save = NULL, *line = findings->len ? strtok_r(findings->data, "\n", &save) : NULL;
         line != NULL; line = strtok_r(NULL, "\n", &save)) {
        char *name = strchr(line, ' ');
        *name++ = '\0';
        buf_printf(&out, "%s{\"finding\": \"%s\", \"file\": ", separator, line);
        buf_json(&out, name);
        buf_puts(&out, "}");
        separator = ", ";
    }
    printf("%s]}\n", out.data);
    buf_free(&out);
}

int cmd_verify(int argc, char **argv)
{
    bool json = false;
    bool want_help = false;
    struct buf findings = {0};
    const struct option_spec specs[] = {
        {"--json", .flag = &json}, {"--help", .flag = &want_help}, {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n < 0 || n > 1)
        return n < 0 ? EXIT_USAGE : complain(EXIT_USAGE, "usage: qrv verify [--json] [DIR]");
    const char *root = n == 1 ? argv[1] : sdk_locate()->root;
    long count = manifest_verify(root, &findings);
    int result = findings.len > 0 ? EXIT_FAILED : EXIT_OK;
    if (count < 0)
        result = complain(EXIT_MISSING, "%s/MANIFEST: %s", root,
                          count == -EBADMSG ? "this is not the manifest of an SDK"
                                            : strerror((int)-count));
    else if (json)
        print_json(root, count, &findings);
    else if (findings.len > 0)
        fputs(findings.data, stdout);
    else
        printf("%s: %ld files, all as packed\n", root, count);
    buf_free(&findings);
    return result;
}
