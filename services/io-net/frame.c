/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <string.h>

#define ALIGN 2 /* the header of Ethernet has 14 bytes */

struct pbuf *frame_pbuf(const void *bytes, size_t n, pbuf_type type)
{
    size_t whole = n < FRAME_MIN ? FRAME_MIN : n;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(whole + ALIGN), type);
    if (p == NULL)
        return NULL;
    pbuf_remove_header(p, ALIGN);
    memcpy(p->payload, bytes, n);
    memset((char *)p->payload + n, 0, whole - n);
    return p;
}
