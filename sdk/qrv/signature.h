/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detached Ed25519 signatures in minisign's file format, so that either tool checks what the other
 * signed: the bytes are hashed with BLAKE2b-512 first (algorithm "ED"; "Ed", without hashing, is
 * read too), and a second signature covers the trusted comment. Keys and signatures are foreign
 * bytes. Secret keys are never part of an SDK; those protected by a passphrase are refused.
 */
#pragma once

#include "../common/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { SIGNATURE_KEY_ID = 8, SIGNATURE_PUBLIC = 32, SIGNATURE_SECRET = 64, SIGNATURE_BYTES = 64 };

struct public_key {
    uint8_t id[SIGNATURE_KEY_ID];
    uint8_t key[SIGNATURE_PUBLIC];
};

struct secret_key {
    uint8_t id[SIGNATURE_KEY_ID];
    uint8_t key[SIGNATURE_SECRET];
};

struct signature {
    bool hashed;
    uint8_t id[SIGNATURE_KEY_ID];
    uint8_t bytes[SIGNATURE_BYTES];
    uint8_t global[SIGNATURE_BYTES]; /* over bytes and the trusted comment */
    const char *comment;             /* trusted comment, points into the text that was parsed */
    size_t comment_len;
};

/* Each returns NULL, or what is wrong (static text). text need not be terminated. */
const char *public_key_parse(const char *text, size_t len, struct public_key *key);
const char *secret_key_parse(const char *text, size_t len, struct secret_key *key);
const char *signature_parse(const char *text, size_t len, struct signature *s);

/* NULL when s is key's signature of data, else why not. */
const char *signature_check(const struct signature *s, const struct public_key *key,
                            const void *data, size_t len);

/* A new pair from the system's random numbers; its two files are appended to the buffers. */
void signature_new_key(struct buf *public_file, struct buf *secret_file);

/* The signature file of data. comment is one line, is signed too, and may be empty. */
void signature_make(const struct secret_key *key, const void *data, size_t len, const char *comment,
                    struct buf *file);
