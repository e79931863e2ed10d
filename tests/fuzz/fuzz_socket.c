/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of socket clients, as io-net reads them: first byte the socket's domain, then the message.  What is
 * taken lies inside the input; an address that was understood comes back the same. */
#include "fuzz.h"

#include <abi/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../services/io-net/request.h"

static void check(const struct request *rq, const uint8_t *message, size_t size, size_t whole, int domain)
{
    uint8_t sa[_SOCK_ADDR_MAX];
    struct net_addr again;
    if (rq->data != message + rq->data_offset || rq->data_offset + rq->data_here != size)
        abort();
    if (rq->subtype == _SOCK_SEND && rq->data_offset + rq->data_len > whole)
        abort();
    if (rq->subtype == _SOCK_SETOPT && rq->data_len > rq->data_here)
        abort();
    if (rq->addr.family == NET_NONE)
        return;
    memset(sa, 0xff, sizeof sa);
    size_t n = address_format(&rq->addr, domain, sa);
    if (n == 0 || n > sizeof sa || address_parse(sa, n, domain, &again) != 0 ||
        again.family != rq->addr.family || again.port != rq->addr.port || again.scope != rq->addr.scope ||
        memcmp(again.ip, rq->addr.ip, sizeof again.ip) != 0 || strcmp(again.path, rq->addr.path) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int domains[] = {AF_INET, AF_INET6, AF_UNIX, 77};
    struct request rq;
    if (size == 0 || size > 1 << 16)
        return 0;
    int domain = domains[data[0] % 4];
    size_t n = size - 1;
    /* Exactly as large as what arrived: reading past it is an error that shows. */
    uint8_t *message = malloc(n + 1);
    memcpy(message, data + 1, n);
    uint8_t *exact = realloc(message, n > 0 ? n : 1);
    for (size_t whole = n; whole <= n + 4096; whole += 4096)
        if (request_parse(exact, n, whole, domain, &rq) == 0)
            check(&rq, exact, n, whole, domain);
    free(exact);
    return 0;
}
