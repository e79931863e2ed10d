/* SPDX-License-Identifier: Apache-2.0 */
/* XDR (RFC 4506) of foreign bytes and of answers. After the first mistake everything read is 0 and everything
 * written is dropped: `bad` is looked at once, at the end. Nothing read outlives the input. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xdr_in {
    const uint8_t *at, *end;
    bool bad;
};

uint32_t xdr_u32(struct xdr_in *in);
uint64_t xdr_u64(struct xdr_in *in);
/* Variable-length opaque of at most max bytes; NULL and 0 after a mistake. */
const uint8_t *xdr_bytes(struct xdr_in *in, uint32_t max, uint32_t *len);
const uint8_t *xdr_fixed(struct xdr_in *in, uint32_t len);

struct xdr_out {
    uint8_t *data;
    size_t at, room;
    bool bad;
};

void xdr_put32(struct xdr_out *out, uint32_t v);
void xdr_put64(struct xdr_out *out, uint64_t v);
void xdr_put_bytes(struct xdr_out *out, const void *data, uint32_t len); /* with its length */
void xdr_put_fixed(struct xdr_out *out, const void *data, uint32_t len);
