/* SPDX-License-Identifier: Apache-2.0 */
/* minisign files: nothing but the one signature is good, and what is read stays inside the input.
 */
#include "fuzz.h"

#include "qrv/signature.h"

#include <stdlib.h>

static const char public_text[] = "untrusted comment: minisign public key A494C16246CB7417\n"
                                  "RWQXdMtGYsGUpGr1s7601M1raUPrkDTzipH1adYudw3BjnIJ9RZambtP\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct public_key own;
    struct public_key key;
    struct secret_key secret;
    struct signature s;
    if (public_key_parse(public_text, sizeof public_text - 1, &own) != NULL)
        abort();
    if (signature_parse(text, size, &s) == NULL) {
        if (s.comment < text || s.comment + s.comment_len > text + size)
            abort();
        /* The seed signs "abc\n"; no mutation of it may sign anything else. */
        if (signature_check(&s, &own, "abd\n", 4) == NULL)
            abort();
        signature_check(&s, &own, "abc\n", 4);
    }
    public_key_parse(text, size, &key);
    secret_key_parse(text, size, &secret);
    return 0;
}
