/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked circular list.  An entry that is not linked points to itself. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct list {
    struct list *next, *prev;
};

#define LIST_INIT(name) { &(name), &(name) }
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_for_each(pos, head) \
    for (struct list *pos = (head)->next; pos != (head); pos = pos->next)
#define list_for_each_safe(pos, tmp, head) \
    for (struct list *pos = (head)->next, *tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
    return l->next == l;
}

/* Inserts e before pos: with pos = head, at the tail. */
static inline void list_insert_before(struct list *pos, struct list *e)
{
    e->prev = pos->prev;
    e->next = pos;
    pos->prev->next = e;
    pos->prev = e;
}

static inline void list_push_tail(struct list *head, struct list *e)
{
    list_insert_before(head, e);
}

static inline void list_push_head(struct list *head, struct list *e)
{
    list_insert_before(head->next, e);
}

/* Takes e out and leaves its own links as they were: it goes into another list at once. */
static inline void list_unlink(struct list *e)
{
    e->prev->next = e->next;
    e->next->prev = e->prev;
}

static inline void list_remove(struct list *e)
{
    list_unlink(e);
    list_init(e);
}

static inline uint32_t list_length(const struct list *head)
{
    uint32_t n = 0;
    list_for_each(e, head)
        n++;
    return n;
}

static inline struct list *list_pop_head(struct list *head)
{
    struct list *e = head->next;
    if (e == head)
        return NULL;
    list_remove(e);
    return e;
}
