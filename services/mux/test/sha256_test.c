/* SPDX-License-Identifier: Apache-2.0 */
/* deployd's SHA-256 against the examples of FIPS 180-4, in parts of every size. */
#include "../../lib/sha256.h"

#include <stdbool.h>
#include <string.h>

#include "../../../sdk/common/check.h"

static bool is(const char *text, size_t times, size_t part, const char *wanted)
{
    struct sha256 s;
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    size_t len = strlen(text);
    sha256_begin(&s);
    for (size_t i = 0; i < times; i++)
        for (size_t at = 0; at < len; at += part)
            sha256_add(&s, text + at, len - at < part ? len - at : part);
    sha256_end(&s, digest);
    for (unsigned i = 0; i < SHA256_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return strcmp(hex, wanted) == 0;
}

int main(void)
{
    static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    bool good = true;
    CHECK(is("", 1, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), "nothing");
    CHECK(is("abc", 1, 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
          "one block");
    for (size_t part = 1; part <= sizeof two; part++)
        good &= is(two, 1, part, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(good, "two blocks, in parts of every size");
    CHECK(is("aaaaaaaaaa", 100000, 7,
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
          "a million bytes");
    return check_done();
}
