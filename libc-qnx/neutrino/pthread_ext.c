/* SPDX-License-Identifier: Apache-2.0 */
/* Neutrino's additions to the attributes of a thread. */
#include <errno.h>
#include <pthread.h>
#include "pthread_impl.h"

/* The address is the lowest of the stack; its size must be set as well. */
int pthread_attr_setstackaddr(pthread_attr_t *attr, void *addr)
{
    attr->_a_stackaddr = addr ? (size_t)addr + attr->_a_stacksize : 0;
    return 0;
}

int pthread_attr_getstackaddr(const pthread_attr_t *attr, void **addr)
{
    *addr = attr->_a_stackaddr ? (void *)(attr->_a_stackaddr - attr->_a_stacksize) : 0;
    return 0;
}

/* Stacks get their pages when they are made: "not lazy" is what everybody has, "lazy" a wish. */
int pthread_attr_setstacklazy(pthread_attr_t *attr, int lazy)
{
    (void)attr;
    return lazy == PTHREAD_STACK_LAZY || lazy == PTHREAD_STACK_NOTLAZY ? 0 : EINVAL;
}

int pthread_attr_getstacklazy(const pthread_attr_t *attr, int *lazy)
{
    (void)attr;
    *lazy = PTHREAD_STACK_NOTLAZY;
    return 0;
}

int pthread_attr_setstackprealloc(pthread_attr_t *attr, size_t bytes)
{
    (void)attr, (void)bytes;
    return 0;
}

int pthread_attr_getstackprealloc(const pthread_attr_t *attr, size_t *bytes)
{
    *bytes = attr->_a_stacksize;
    return 0;
}
