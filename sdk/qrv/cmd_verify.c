/* SPDX-License-Identifier: Apache-2.0 */
/* qrv verify: is the SDK what was packed, and did the right people pack it? */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "manifest.h"
#include "signature.h"
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: qrv verify [--key FILE] [--strict] [--json] [DIR]\n"
    "\n"
    "Compares every file of the SDK (this one, or the one in DIR) with its MANIFEST: contents, "
    "executable bit\n"
    "and links. Prints a line per difference:\n"
    "  altered FILE     its contents are not those that were packed\n"
    "  missing FILE     it is not there\n"
    "  replaced FILE    something of another kind is there: a link for a file, a file for a "
    "directory\n"
    "  link FILE        the link leads somewhere else\n"
    "  mode FILE        the executable bit is not as packed\n"
    "  extra FILE       it was not packed (with --strict)\n"
    "\n"
    "      --key FILE   check the signature of the MANIFEST (MANIFEST.minisig) first, with this "
    "public key in\n"
    "                   minisign's format. Take the key from the project, not from the SDK.\n"
    "      --strict     report files that do not belong to the SDK, too\n"
    "      --json       {\"sdk\", \"version\", \"files\": N, \"signature\": \"good\"|\"not "
    "checked\", \"findings\":\n"
    "                   [{\"finding\", \"file\"}...]}\n"
    "\n"
    "Examples:\n"
    "  qrv verify\n"
    "  qrv verify --key qrv-release.pub\n"
    "  qrv verify --strict --json /opt/qrv-sdk\n"
    "\n"
    "Exit code: 0 all as packed, 1 differences, 3 the MANIFEST, the signature or the key cannot be "
    "read,\n"
    "4 no MANIFEST there, 5 the signature is missing or not of this key.\n";

struct request {
    const char *root;
    const char *key;
    bool strict;
    bool json;
};

/* The signature of text by the key in key_file; an exit code, after a message when it is not 0. */
static int check_signature(const struct request *r, const struct buf *text)
{
    struct buf key_text = {0};
    struct buf sig_text = {0};
    struct public_key key;
    struct signature signature;
    const char *error;
    int result = EXIT_OK;
    char *file = fs_join(r->root, MANIFEST_SIGNATURE_NAME);
    int bad_key = fs_read(r->key, &key_text);
    int bad_sig = fs_read(file, &sig_text);
    if (bad_key != 0)
        result = complain(EXIT_INPUT, "%s: %s", r->key, strerror(-bad_key));
    else if ((error = public_key_parse(key_text.data, key_text.len, &key)) != NULL)
        result = complain(EXIT_INPUT, "%s: %s", r->key, error);
    else if (bad_sig != 0)
        result =
            complain(EXIT_SIGNATURE, "%s: %s: this SDK is not signed", file, strerror(-bad_sig));
    else if ((error = signature_parse(sig_text.data, sig_text.len, &signature)) != NULL)
        result = complain(EXIT_INPUT, "%s: %s", file, error);
    else if ((error = signature_check(&signature, &key, text->data, text->len)) != NULL)
        result = complain(EXIT_SIGNATURE, "%s: %s; do not use this SDK", file, error);
    free(file);
    buf_free(&key_text);
    buf_free(&sig_text);
    return result;
}

static void print_json(const struct request *r, const struct manifest *m,
                       const struct findings *found)
{
    struct json j = {0};
    json_object(&j, NULL);
    json_string(&j, "sdk", r->root);
    json_string(&j, "version", manifest_header(m, "version"));
    json_string(&j, "commit", manifest_header(m, "commit"));
    json_number(&j, "files", (int64_t)m->count);
    json_string(&j, "signature", r->key != NULL ? "good" : "not checked");
    json_array(&j, "findings");
    for (size_t i = 0; i < found->count; i++) {
        json_object(&j, NULL);
        json_string(&j, "finding", found->list[i].kind);
        json_string(&j, "file", found->list[i].path);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    json_print(&j);
}

static void print_text(const struct request *r, const struct manifest *m,
                       const struct findings *found)
{
    for (size_t i = 0; i < found->count; i++)
        printf("%s %s\n", found->list[i].kind, found->list[i].path);
    if (found->count == 0)
        printf("%s: %zu files, all as packed%s\n", r->root, m->count,
               r->key != NULL ? "; the signature is good" : "");
}

static int verify(const struct request *r)
{
    struct buf text = {0};
    struct manifest m = {0};
    struct findings found = {0};
    size_t line;
    char *file = fs_join(r->root, MANIFEST_NAME);
    int failed = fs_read(file, &text);
    const char *error = failed == 0 ? manifest_parse(&m, text.data, text.len, &line) : NULL;
    int result =
        failed != 0 ? complain(EXIT_MISSING, "%s: %s", file, strerror(-failed))
        : error  ? complain(EXIT_INPUT, "%s:%zu: not the manifest of an SDK: %s", file, line, error)
        : r->key ? check_signature(r, &text)
                 : EXIT_OK;
    free(file);
    if (result == EXIT_OK) {
        manifest_compare(&m, r->root, r->strict, &found);
        if (r->json)
            print_json(r, &m, &found);
        else
            print_text(r, &m, &found);
        result = found.count > 0 ? EXIT_FAILED : EXIT_OK;
    }
    findings_free(&found);
    manifest_free(&m);
    buf_free(&text);
    return result;
}

int cmd_verify(int argc, char **argv)
{
    struct request r = {0};
    bool want_help = false;
    const struct option_spec specs[] = {{"--key", .value = &r.key},
                                        {"--strict", .flag = &r.strict},
                                        {"--json", .flag = &r.json},
                                        {"--help", .flag = &want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n < 0)
        return EXIT_USAGE;
    if (n > 1)
        return complain(EXIT_USAGE, "one SDK at a time (qrv verify --help)");
    r.root = n == 1 ? argv[1] : sdk_locate()->root;
    return verify(&r);
}
