/* SPDX-License-Identifier: Apache-2.0 */
/* Queue of clients that wait for a reply, in the order they came.  Put struct wait_node first in
 * your own record. No lock: the owner serialises. */
#pragma once
#include <stddef.h>

struct wait_node {
    struct wait_node *next;
    int rcvid;
};

struct waitq {
    struct wait_node *head;
    struct wait_node **tail; /* valid when head is not NULL */
};

static inline void waitq_push(struct waitq *q, struct wait_node *node)
{
    if (q->head == NULL)
        q->tail = &q->head;
    node->next = NULL;
    *q->tail = node;
    q->tail = &node->next;
}

/* Removes the client's node, or the first one for rcvid 0.  NULL: not there. */
static inline void *waitq_take(struct waitq *q, int rcvid)
{
    for (struct wait_node **at = &q->head; *at != NULL; at = &(*at)->next) {
        struct wait_node *node = *at;
        if (rcvid != 0 && node->rcvid != rcvid)
            continue;
        *at = node->next;
        if (node->next == NULL)
            q->tail = at;
        return node;
    }
    return NULL;
}
