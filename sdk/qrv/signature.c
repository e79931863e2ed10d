/* SPDX-License-Identifier: Apache-2.0 */
#include "signature.h"

#include <sodium.h>
#include <string.h>

enum {
    PUBLIC_BYTES = 2 + SIGNATURE_KEY_ID + SIGNATURE_PUBLIC,
    SIGNED_BYTES = 2 + SIGNATURE_KEY_ID + SIGNATURE_BYTES,
    /* algorithm, key derivation, checksum, salt and two limits; then id, key, checksum */
    SECRET_HEAD = 2 + 2 + 2 + 32 + 8 + 8,
    SECRET_SUM = 32,
    SECRET_BYTES = SECRET_HEAD + SIGNATURE_KEY_ID + SIGNATURE_SECRET + SECRET_SUM,
    HASH_BYTES = 64,
    MAX_BASE64 = 256
};

static const char untrusted[] = "untrusted comment: ";
static const char trusted[] = "trusted comment: ";

/* The next line of *text, without its end; false when there is none. */
static bool next_line(const char **text, size_t *left, const char **line, size_t *len)
{
    const char *end = *left ? memchr(*text, '\n', *left) : NULL;
    size_t used;
    if (*left == 0)
        return false;
    *line = *text;
    *len = end ? (size_t)(end - *text) : *left;
    used = *len + (end != NULL);
    *text += used;
    *left -= used;
    if (*len > 0 && (*line)[*len - 1] == '\r')
        --*len;
    return true;
}

static bool begins(const char *line, size_t len, const char *with)
{
    size_t n = strlen(with);
    return len >= n && memcmp(line, with, n) == 0;
}

/* Exactly want bytes. */
static bool decode(const char *line, size_t len, uint8_t *out, size_t want)
{
    size_t got;
    const char *end;
    return len < MAX_BASE64 &&
           sodium_base642bin(out, want, line, len, NULL, &got, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           end == line + len && got == want;
}

/* A comment line, then one of base64. */
static bool comment_and_base64(const char **text, size_t *left, uint8_t *out, size_t want)
{
    const char *line;
    size_t len;
    return next_line(text, left, &line, &len) && begins(line, len, untrusted) &&
           next_line(text, left, &line, &len) && decode(line, len, out, want);
}

const char *public_key_parse(const char *text, size_t len, struct public_key *key)
{
    uint8_t bytes[PUBLIC_BYTES];
    if (!comment_and_base64(&text, &len, bytes, sizeof bytes) || memcmp(bytes, "Ed", 2) != 0)
        return "this is no minisign public key";
    memcpy(key->id, bytes + 2, sizeof key->id);
    memcpy(key->key, bytes + 2 + SIGNATURE_KEY_ID, sizeof key->key);
    return NULL;
}

static void secret_sum(const uint8_t *id_and_key, uint8_t *sum)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, SECRET_SUM);
    crypto_generichash_update(&state, (const uint8_t *)"Ed", 2);
    crypto_generichash_update(&state, id_and_key, SIGNATURE_KEY_ID + SIGNATURE_SECRET);
    crypto_generichash_final(&state, sum, SECRET_SUM);
}

const char *secret_key_parse(const char *text, size_t len, struct secret_key *key)
{
    uint8_t bytes[SECRET_BYTES];
    uint8_t sum[SECRET_SUM];
    const uint8_t *at = bytes + SECRET_HEAD;
    const char *error = NULL;
    if (!comment_and_base64(&text, &len, bytes, sizeof bytes) || memcmp(bytes, "Ed", 2) != 0 ||
        memcmp(bytes + 4, "B2", 2) != 0)
        error = "this is no minisign secret key";
    else if (memcmp(bytes + 2, "\0\0", 2) != 0)
        error = "the key is protected by a passphrase; sign with minisign itself, or take it off";
    else {
        const uint8_t *have = at + SIGNATURE_KEY_ID + SIGNATURE_SECRET;
        secret_sum(at, sum);
        /* minisign itself leaves the sum out of a key without passphrase. */
        if (memcmp(sum, have, SECRET_SUM) != 0 && !sodium_is_zero(have, SECRET_SUM))
            error = "the secret key is damaged";
        memcpy(key->id, at, sizeof key->id);
        memcpy(key->key, at + SIGNATURE_KEY_ID, sizeof key->key);
    }
    sodium_memzero(bytes, sizeof bytes);
    return error;
}

const char *signature_parse(const char *text, size_t len, struct signature *s)
{
    static const char none[] = "this is no minisign signature, or it is cut off";
    uint8_t bytes[SIGNED_BYTES];
    const char *line;
    size_t line_len;
    if (!comment_and_base64(&text, &len, bytes, sizeof bytes) || bytes[0] != 'E' ||
        (bytes[1] != 'D' && bytes[1] != 'd'))
        return none;
    s->hashed = bytes[1] == 'D';
    memcpy(s->id, bytes + 2, sizeof s->id);
    memcpy(s->bytes, bytes + 2 + SIGNATURE_KEY_ID, sizeof s->bytes);
    if (!next_line(&text, &len, &line, &line_len) || !begins(line, line_len, trusted))
        return none;
    s->comment = line + sizeof trusted - 1;
    s->comment_len = line_len - (sizeof trusted - 1);
    if (!next_line(&text, &len, &line, &line_len) ||
        !decode(line, line_len, s->global, sizeof s->global))
        return none;
    return NULL;
}

static void hash(const void *data, size_t len, uint8_t out[HASH_BYTES])
{
    crypto_generichash(out, HASH_BYTES, data, len, NULL, 0);
}

/* What the second signature covers. */
static void global_text(const uint8_t *bytes, const char *comment, size_t len, struct buf *out)
{
    buf_append(out, bytes, SIGNATURE_BYTES);
    buf_append(out, comment, len);
}

const char *signature_check(const struct signature *s, const struct public_key *key,
                            const void *data, size_t len)
{
    uint8_t digest[HASH_BYTES];
    struct buf text = {0};
    if (memcmp(s->id, key->id, sizeof s->id) != 0)
        return "it was made with another key";
    if (s->hashed) {
        hash(data, len, digest);
        data = digest;
        len = sizeof digest;
    }
    if (crypto_sign_verify_detached(s->bytes, data, len, key->key) != 0)
        return "it does not fit the contents";
    global_text(s->bytes, s->comment, s->comment_len, &text);
    bool good =
        crypto_sign_verify_detached(s->global, (const uint8_t *)text.data, text.len, key->key) == 0;
    buf_free(&text);
    return good ? NULL : "its trusted comment was altered";
}

static void put_base64(struct buf *out, const void *bytes, size_t len)
{
    char text[sodium_base64_ENCODED_LEN(SECRET_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(text, sizeof text, bytes, len, sodium_base64_VARIANT_ORIGINAL);
    buf_printf(out, "%s\n", text);
    sodium_memzero(text, sizeof text);
}

/* As minisign writes the number of a key. */
static void put_key_id(struct buf *out, const uint8_t *id)
{
    for (int i = SIGNATURE_KEY_ID - 1; i >= 0; i--)
        buf_printf(out, "%02X", id[i]);
}

void signature_new_key(struct buf *public_file, struct buf *secret_file)
{
    uint8_t public_bytes[PUBLIC_BYTES] = {'E', 'd'};
    uint8_t secret_bytes[SECRET_BYTES] = {'E', 'd', 0, 0, 'B', '2'};
    uint8_t *id = secret_bytes + SECRET_HEAD;
    uint8_t *key = id + SIGNATURE_KEY_ID;
    randombytes_buf(id, SIGNATURE_KEY_ID);
    crypto_sign_keypair(public_bytes + 2 + SIGNATURE_KEY_ID, key);
    memcpy(public_bytes + 2, id, SIGNATURE_KEY_ID);
    secret_sum(id, key + SIGNATURE_SECRET);
    buf_printf(public_file, "%sminisign public key ", untrusted);
    put_key_id(public_file, id);
    buf_puts(public_file, "\n");
    put_base64(public_file, public_bytes, sizeof public_bytes);
    buf_printf(secret_file, "%sQRV release key, secret, without passphrase\n", untrusted);
    put_base64(secret_file, secret_bytes, sizeof secret_bytes);
    sodium_memzero(secret_bytes, sizeof secret_bytes);
}

void signature_make(const struct secret_key *key, const void *data, size_t len, const char *comment,
                    struct buf *file)
{
    uint8_t bytes[SIGNED_BYTES] = {'E', 'D'};
    uint8_t *signed_at = bytes + 2 + SIGNATURE_KEY_ID;
    uint8_t global[SIGNATURE_BYTES];
    uint8_t digest[HASH_BYTES];
    struct buf text = {0};
    memcpy(bytes + 2, key->id, sizeof key->id);
    hash(data, len, digest);
    crypto_sign_detached(signed_at, NULL, digest, sizeof digest, key->key);
    global_text(signed_at, comment, strlen(comment), &text);
    crypto_sign_detached(global, NULL, (const uint8_t *)text.data, text.len, key->key);
    buf_printf(file, "%ssignature of the QRV SDK's manifest\n", untrusted);
    put_base64(file, bytes, sizeof bytes);
    buf_printf(file, "%s%s\n", trusted, comment);
    put_base64(file, global, sizeof global);
    buf_free(&text);
}
