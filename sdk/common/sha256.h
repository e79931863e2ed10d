/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4) of one block of bytes. hex gets 64 digits and a NUL. */
#pragma once

#include <stddef.h>

void sha256_hex(const void *data, size_t len, char hex[65]);
