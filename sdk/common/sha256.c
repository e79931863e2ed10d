/* SPDX-License-Identifier: Apache-2.0 */
#include "sha256.h"

#include <sodium.h>

void sha256_hex(const void *data, size_t len, char hex[65])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, data, len);
    sodium_bin2hex(hex, 2 * sizeof digest + 1, digest, sizeof digest);
}
