/* SPDX-License-Identifier: Apache-2.0 */
/* Unit tests of what qrv verify trusts: the manifest's text, trees, signatures. */
#include "common/check.h"
#include "common/fs.h"
#include "qrv/manifest.h"
#include "qrv/signature.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD                    "#qrv-manifest\t2\n"
#define SHA_ABC                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define FILE_LINE(path)         "f\t644\t3\t" SHA_ABC "\t-\tMIT\ttest@1\t" path "\n"
#define LINK_LINE(target, path) "l\t777\t-\t-\t" target "\tMIT\ttest@1\t" path "\n"

static const struct {
    const char *text;
    const char *error; /* part of the message, NULL when it is taken */
    size_t line;
} manifests[] = {
    {HEAD FILE_LINE("a"), NULL, 0},
    {HEAD "#version\t1.2\n" FILE_LINE("a b/c") LINK_LINE("../x", "l"), NULL, 0},
    {"", "cut off", 1},
    {HEAD, "lists nothing", 2},
    {"#qrv-manifest\t3\n" FILE_LINE("a"), "begin like one", 1},
    {FILE_LINE("a"), "begin like one", 1},
    {HEAD "f\t644\t3\t" SHA_ABC "\t-\tMIT\tt\ta", "cut off", 1},
    {HEAD "#version\n" FILE_LINE("a"), "header without", 2},
    {HEAD FILE_LINE("b") FILE_LINE("a"), "not in order", 3},
    {HEAD FILE_LINE("a") FILE_LINE("a"), "not in order", 3},
    {HEAD FILE_LINE("/a"), "outside", 2},
    {HEAD FILE_LINE("../a"), "outside", 2},
    {HEAD FILE_LINE("a/../../b"), "outside", 2},
    {HEAD FILE_LINE("a/.."), "outside", 2},
    {HEAD FILE_LINE("a//b"), "outside", 2},
    {HEAD FILE_LINE("./a"), "outside", 2},
    {HEAD FILE_LINE("a/"), "outside", 2},
    {HEAD FILE_LINE("a\033b"), "outside", 2},
    {HEAD FILE_LINE(""), "a field is empty", 2},
    {HEAD "x\t644\t3\t" SHA_ABC "\t-\tMIT\tt\ta\n", "neither f nor l", 2},
    {HEAD "f\t888\t3\t" SHA_ABC "\t-\tMIT\tt\ta\n", "octal", 2},
    {HEAD "f\t644\t-3\t" SHA_ABC "\t-\tMIT\tt\ta\n", "no number", 2},
    {HEAD "f\t644\t9999999999999999\t" SHA_ABC "\t-\tMIT\tt\ta\n", "no number", 2},
    {HEAD "f\t644\t3\tabc\t-\tMIT\tt\ta\n", "64 digits", 2},
    {HEAD "f\t644\t3\t" SHA_ABC "\tMIT\tt\ta\n", "eight fields", 2},
};

static void test_manifest_text(void)
{
    struct manifest m;
    size_t line;
    for (size_t i = 0; i < sizeof manifests / sizeof manifests[0]; i++) {
        const char *want = manifests[i].error;
        const char *error = manifest_parse(&m, manifests[i].text, strlen(manifests[i].text), &line);
        CHECK(want == NULL
                  ? error == NULL
                  : error != NULL && strstr(error, want) != NULL && line == manifests[i].line,
              want ? want : "a good manifest is taken");
        manifest_free(&m);
    }
    CHECK(manifest_parse(&m, HEAD "\0\n", sizeof HEAD + 1, &line) != NULL, "a NUL byte is refused");
    manifest_free(&m);
    manifest_parse(&m, manifests[1].text, strlen(manifests[1].text), &line);
    CHECK(m.count == 2 && m.entries[0].size == 3 && m.entries[1].type == 'l' &&
              strcmp(m.entries[1].target, "../x") == 0 && strcmp(m.entries[0].path, "a b/c") == 0,
          "entries have what the lines say");
    CHECK(strcmp(manifest_header(&m, "version"), "1.2") == 0 &&
              manifest_header(&m, "nothing") == NULL,
          "headers");
    manifest_free(&m);
}

static void found_is(const struct manifest *m, const char *root, bool strict, const char *want,
                     const char *text)
{
    struct findings found = {0};
    struct buf got = {0};
    buf_puts(&got, "");
    manifest_compare(m, root, strict, &found);
    for (size_t i = 0; i < found.count; i++)
        buf_printf(&got, "%s %s,", found.list[i].kind, found.list[i].path);
    CHECK(strcmp(got.data, want) == 0, text);
    if (strcmp(got.data, want) != 0)
        printf("# got '%s', wanted '%s'\n", got.data, want);
    buf_free(&got);
    findings_free(&found);
}

static void test_tree(void)
{
    static const char text[] = HEAD FILE_LINE("d/a") FILE_LINE("d/b") LINK_LINE("d/a", "l");
    char root[] = "/tmp/qrv-trust-XXXXXX";
    struct manifest m;
    size_t line;
    if (mkdtemp(root) == NULL || chdir(root) != 0 || mkdir("d", 0755) != 0 ||
        symlink("d/a", "l") != 0)
        abort();
    fs_write("d/a", "abc", 3, 0600);
    fs_write("d/b", "abc", 3, 0644);
    manifest_parse(&m, text, strlen(text), &line);
    found_is(&m, root, true, "", "a tree as packed");
    fs_write("d/a", "abd", 3, 0644);
    found_is(&m, root, false, "altered d/a,", "one byte changed");
    fs_write("d/a", "abc", 3, 0755);
    found_is(&m, root, false, "mode d/a,", "an executable bit");
    unlink("d/a");
    found_is(&m, root, false, "missing d/a,", "a file that went away");
    if (symlink("b", "d/a") != 0)
        abort();
    found_is(&m, root, false, "replaced d/a,", "a link to the same bytes is no file");
    unlink("d/a");
    fs_write("d/a", "abc", 3, 0644);
    unlink("l");
    if (symlink("d/b", "l") != 0)
        abort();
    found_is(&m, root, false, "link l,", "a link that leads elsewhere");
    unlink("l");
    fs_write("l", "d/a", 3, 0644);
    found_is(&m, root, false, "replaced l,", "a file where a link was");
    fs_write("d/mine", "x", 1, 0644);
    fs_write(MANIFEST_NAME, "x", 1, 0644);
    found_is(&m, root, false, "replaced l,", "files of the user do not count");
    found_is(&m, root, true, "replaced l,extra d/mine,", "... unless strict");
    if (rename("d", "e") != 0 || symlink("e", "d") != 0)
        abort();
    found_is(&m, root, false, "replaced d,replaced l,", "a directory that became a link");
    unlink("d");
    unlink("e/a");
    unlink("e/b");
    unlink("e/mine");
    rmdir("e");
    unlink("l");
    unlink(MANIFEST_NAME);
    CHECK(chdir("/") == 0 && rmdir(root) == 0, "nothing was left behind");
    manifest_free(&m);
}

/* A key pair and a signature of "abc\n" that Debian's minisign 0.11 made (-G -W, -S), to be sure
 * that the format is its own. This key signs nothing else. */
static const char minisign_public[] = "untrusted comment: minisign public key A494C16246CB7417\n"
                                      "RWQXdMtGYsGUpGr1s7601M1raUPrkDTzipH1adYudw3BjnIJ9RZambtP\n";
static const char minisign_secret[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAF3TLRmLB"
    "lKTkjY4+h29cQBs7sS0BckDS/Ivqn0TCKAmuGfW5c4MFpmr1s7601M1raUPrkDTzipH1adYudw3BjnIJ"
    "9RZambtPAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char minisign_signature[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUQXdMtGYsGUpCWGGBOMl+gB7caVCR8Dk0zBeUKw/XUH2qpuGuP7IbQAm6IzaFJV6Cw8scEE9/t4efdu"
    "wOEZ0j083cCANkFeGAQ=\n"
    "trusted comment: signed by minisign\n"
    "MDudilbmcfCV1r/ES1BJGLYz+GA8VTvtE6ZYT7Ej6JetIjqr13kx55J47/Mutz3PmH73Uj/UsVw4UdJc"
    "QhecDg==\n";

static const char *check_text(const char *sig, size_t sig_len, const char *key, const char *data)
{
    struct signature s;
    struct public_key k;
    const char *error = public_key_parse(key, strlen(key), &k);
    if (error == NULL)
        error = signature_parse(sig, sig_len, &s);
    return error ? error : signature_check(&s, &k, data, strlen(data));
}

static void test_signature(void)
{
    struct buf public = {0};
    struct buf secret = {0};
    struct buf sig = {0};
    struct buf again = {0};
    struct secret_key key;
    signature_new_key(&public, &secret);
    CHECK(secret_key_parse(secret.data, secret.len, &key) == NULL, "a new secret key is read");
    signature_make(&key, "abc\n", 4, "a comment", &sig);
    signature_make(&key, "abc\n", 4, "a comment", &again);
    CHECK(strcmp(sig.data, again.data) == 0, "signing twice gives the same bytes");
    CHECK(check_text(sig.data, sig.len, public.data, "abc\n") == NULL, "our signature is good");
    CHECK(check_text(sig.data, sig.len, public.data, "abd\n") != NULL, "... not of other bytes");
    CHECK(check_text(sig.data, sig.len, minisign_public, "abc\n") != NULL, "... nor of that key");
    char *comment = strstr(sig.data, "a comment");
    *comment = 'A';
    CHECK(check_text(sig.data, sig.len, public.data, "abc\n") != NULL, "the comment is signed");
    *comment = 'a';
    int taken = 0;
    for (size_t n = 0; n + 1 < sig.len; n++) /* without the last newline it is whole */
        taken += check_text(sig.data, n, public.data, "abc\n") == NULL;
    CHECK(taken == 0, "no signature that is cut off is taken");
    secret.data[200] = secret.data[200] == 'A' ? 'B' : 'A';
    CHECK(secret_key_parse(secret.data, secret.len, &key) != NULL, "a damaged secret key");
    CHECK(secret_key_parse(public.data, public.len, &key) != NULL, "a public key is no secret one");
    CHECK(check_text(minisign_signature, strlen(minisign_signature), minisign_public, "abc\n") ==
              NULL,
          "minisign's signature is good");
    CHECK(secret_key_parse(minisign_secret, strlen(minisign_secret), &key) == NULL,
          "minisign's secret key is read");
    again.len = 0;
    signature_make(&key, "abc\n", 4, "x", &again);
    CHECK(check_text(again.data, again.len, minisign_public, "abc\n") == NULL,
          "... and signs for its public key");
    buf_free(&public);
    buf_free(&secret);
    buf_free(&sig);
    buf_free(&again);
}

int main(void)
{
    test_manifest_text();
    test_tree();
    test_signature();
    return check_done();
}
