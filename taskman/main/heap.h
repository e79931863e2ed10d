/* SPDX-License-Identifier: Apache-2.0 */
/* taskman's heap and its own address range.  Any thread; may be called with any lock but the heap's
 * own held. */
#pragma once
#include <stddef.h>
#include <stdint.h>

void *heap_alloc(size_t bytes); /* zero-filled, NULL when memory is out */
void *heap_resize(void *old,
                  size_t bytes); /* contents kept, new bytes not cleared; old stays valid on NULL */
void heap_free(void *p);         /* NULL allowed */
char *heap_string(const char *text); /* NULL when memory is out */
/* The n-th allocation from now on fails, once (0: none); how many there were since the last time. */
uint64_t heap_fail_at(uint64_t n);
uint64_t heap_used(void);            /* bytes handed out */
uint64_t heap_pages(void);           /* mapped for small blocks so far */

/* Address range of taskman's own, page granular; nothing is mapped there yet.  0 when it is out. */
uint64_t range_alloc(uint64_t bytes);
void range_free(uint64_t va, uint64_t bytes);
