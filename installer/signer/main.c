/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What installer/keygen and installer/sign are made of: new keys, and signatures of files. Not part
 * of the SDK. Secret keys are files that only their owner can read; they stay out of the tree.
 */
#include "common/fs.h"
#include "common/sdk.h"
#include "qrv/signature.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "usage: qrv-sign keygen SECRET-FILE PUBLIC-FILE\n"
                            "       qrv-sign sign SECRET-FILE FILE COMMENT SIGNATURE-FILE\n";

static int write_or_complain(const char *path, const struct buf *text, unsigned mode)
{
    int error = fs_write(path, text->data, text->len, mode);
    return error ? complain(EXIT_FAILED, "%s: %s", path, strerror(-error)) : EXIT_OK;
}

static int keygen(const char *secret_path, const char *public_path)
{
    struct buf secret = {0};
    struct buf public = {0};
    if (access(secret_path, F_OK) == 0 || access(public_path, F_OK) == 0)
        return complain(EXIT_USAGE, "a key is there already; keys are not overwritten");
    signature_new_key(&public, &secret);
    int result = write_or_complain(secret_path, &secret, 0600);
    if (result == EXIT_OK)
        result = write_or_complain(public_path, &public, 0644);
    sodium_memzero(secret.data, secret.len);
    buf_free(&secret);
    buf_free(&public);
    return result;
}

static int sign(const char *secret_path, const char *path, const char *comment, const char *out)
{
    struct buf key_text = {0};
    struct buf data = {0};
    struct buf signature = {0};
    struct secret_key key;
    struct stat st;
    const char *wrong;
    int result;
    int no_key = fs_read(secret_path, &key_text);
    int no_data = fs_read(path, &data);
    if (no_key != 0)
        result = complain(EXIT_INPUT, "%s: %s", secret_path, strerror(-no_key));
    else if (stat(secret_path, &st) == 0 && (st.st_mode & 077) != 0)
        result = complain(EXIT_INPUT, "%s: others can read this key: chmod 600, or make a new one",
                          secret_path);
    else if ((wrong = secret_key_parse(key_text.data, key_text.len, &key)) != NULL)
        result = complain(EXIT_INPUT, "%s: %s", secret_path, wrong);
    else if (no_data != 0)
        result = complain(EXIT_INPUT, "%s: %s", path, strerror(-no_data));
    else if (strpbrk(comment, "\r\n") != NULL)
        result = complain(EXIT_USAGE, "the comment has to be one line");
    else {
        signature_make(&key, data.data, data.len, comment, &signature);
        result = write_or_complain(out, &signature, 0644);
    }
    sodium_memzero(&key, sizeof key);
    if (key_text.len > 0)
        sodium_memzero(key_text.data, key_text.len);
    buf_free(&key_text);
    buf_free(&data);
    buf_free(&signature);
    return result;
}

int main(int argc, char **argv)
{
    set_verb("sign");
    if (sodium_init() < 0)
        return complain(EXIT_FAILED, "libsodium does not start");
    if (argc == 4 && strcmp(argv[1], "keygen") == 0)
        return keygen(argv[2], argv[3]);
    if (argc == 6 && strcmp(argv[1], "sign") == 0)
        return sign(argv[2], argv[3], argv[4], argv[5]);
    fputs(usage, stderr);
    return EXIT_USAGE;
}
