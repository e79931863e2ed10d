/* SPDX-License-Identifier: Apache-2.0 */
/* Neutrino's additions to the attributes of a thread. */
#include <errno.h>
#include <pthread.h>
#include "../qrv/thread.h"

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

int pthread_attr_setstacklazy(pthread_attr_t *attr, int lazy)
{
    if (lazy != PTHREAD_STACK_LAZY && lazy != PTHREAD_STACK_NOTLAZY)
        return EINVAL;
    attr->QRV_A_PERIOD = (attr->QRV_A_PERIOD & ~QRV_A_NOTLAZY) | (lazy == PTHREAD_STACK_NOTLAZY ? QRV_A_NOTLAZY : 0);
    return 0;
}

int pthread_attr_getstacklazy(const pthread_attr_t *attr, int *lazy)
{
    *lazy = attr->QRV_A_PERIOD & QRV_A_NOTLAZY ? PTHREAD_STACK_NOTLAZY : PTHREAD_STACK_LAZY;
    return 0;
}

/* Whole pages are touched, and that is what is kept. */
int pthread_attr_setstackprealloc(pthread_attr_t *attr, size_t bytes)
{
    size_t pages = bytes / 4096 + (bytes % 4096 != 0);
    if (pages > 0xffffff)
        pages = 0xffffff; /* 64 GiB */
    attr->_a_policy = (int)(QRV_A_POLICY(attr) | (unsigned)pages << 8);
    return 0;
}

int pthread_attr_getstackprealloc(const pthread_attr_t *attr, size_t *bytes)
{
    *bytes = QRV_A_PREALLOC(attr);
    return 0;
}
