/* SPDX-License-Identifier: Apache-2.0 */
#include "xdr.h"

#include <string.h>

const uint8_t *xdr_fixed(struct xdr_in *in, uint32_t len)
{
    size_t left = (size_t)(in->end - in->at), padded = ((size_t)len + 3) & ~(size_t)3;
    if (in->bad || padded > left) {
        in->bad = true;
        return NULL;
    }
    const uint8_t *p = in->at;
    in->at += padded;
    return p;
}

uint32_t xdr_u32(struct xdr_in *in)
{
    const uint8_t *p = xdr_fixed(in, 4);
    return p == NULL ? 0 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t xdr_u64(struct xdr_in *in)
{
    uint64_t high = xdr_u32(in);
    return high << 32 | xdr_u32(in);
}

const uint8_t *xdr_bytes(struct xdr_in *in, uint32_t max, uint32_t *len)
{
    *len = xdr_u32(in);
    if (*len > max)
        in->bad = true;
    const uint8_t *p = xdr_fixed(in, *len);
    if (p == NULL)
        *len = 0;
    return p;
}

static uint8_t *room_for(struct xdr_out *out, size_t n)
{
    if (out->bad || n > out->room - out->at) {
        out->bad = true;
        return NULL;
    }
    uint8_t *p = out->data + out->at;
    out->at += n;
    return p;
}

void xdr_put32(struct xdr_out *out, uint32_t v)
{
    uint8_t *p = room_for(out, 4);
    if (p != NULL) {
        p[0] = (uint8_t)(v >> 24);
        p[1] = (uint8_t)(v >> 16);
        p[2] = (uint8_t)(v >> 8);
        p[3] = (uint8_t)v;
    }
}

void xdr_put64(struct xdr_out *out, uint64_t v)
{
    xdr_put32(out, (uint32_t)(v >> 32));
    xdr_put32(out, (uint32_t)v);
}

void xdr_put_fixed(struct xdr_out *out, const void *data, uint32_t len)
{
    size_t padded = ((size_t)len + 3) & ~(size_t)3;
    uint8_t *p = room_for(out, padded);
    if (p != NULL) {
        memcpy(p, data, len);
        memset(p + len, 0, padded - len);
    }
}

void xdr_put_bytes(struct xdr_out *out, const void *data, uint32_t len)
{
    xdr_put32(out, len);
    xdr_put_fixed(out, data, len);
}
