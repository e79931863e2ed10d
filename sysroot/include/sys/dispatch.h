/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch layer, thread pools and named channels.
 * THREAD_POOL_PARAM_T and THREAD_POOL_HANDLE_T may be defined before the first include.
 * Documentation followed: Library Reference dispatch_*(), message_attach(), pulse_attach(),
 * select_attach(), thread_pool_*(), name_attach(). */
#pragma once
#include <pthread.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/resmgr.h>

__BEGIN_DECLS

/* A select event; rcvid is 0. */
typedef struct _select_context {
    int rcvid;
    struct _msg_info info;
    resmgr_iomsgs_t *msg;
    dispatch_t *dpp;
    int fd;
    int tid;
    size_t reserved;
    int64_t reserved1;
    size_t reserved2[2];
    iov_t iov[1];
} select_context_t;
typedef union _dispatch_context {
    resmgr_context_t resmgr_context;
    message_context_t message_context;
    select_context_t select_context;
} dispatch_context_t;

#define DISPATCH_FLAG_NOLOCK 0x0001
/* A dispatch handle, NULL with errno ENOMEM.  Its channel is made by the first attach that needs
 * one; dispatch_create_channel(-1, flags) makes it at once, (chid, flags) adopts one. */
dispatch_t *dispatch_create(void);
dispatch_t *dispatch_create_channel(int chid, unsigned flags);
int dispatch_destroy(dispatch_t *dpp);
dispatch_context_t *dispatch_context_alloc(dispatch_t *dpp);
void dispatch_context_free(dispatch_context_t *ctp);
/* Waits for an event.  The result may be another context than ctp; NULL with errno on error, ctp
 * stays valid then.  After a timeout message_context.rcvid is -1. */
dispatch_context_t *dispatch_block(dispatch_context_t *ctp);
int dispatch_handler(dispatch_context_t *ctp);
/* Makes a thread in dispatch_block() return. */
void dispatch_unblock(dispatch_context_t *ctp);
/* Bounds every later dispatch_block(); NULL: no limit.  0 or -1. */
int dispatch_timeout(dispatch_t *dpp, struct timespec *reltime);

typedef struct _message_attr {
    unsigned flags;
    unsigned nparts_max;
    size_t msg_max_size;
} message_attr_t;
#define MSG_FLAG_CROSS_ENDIAN 0x0001
#define MSG_FLAG_DEFAULT_FUNC 0x0002 /* func gets every message nothing else handles */
#define MSG_FLAG_ALLOC_PULSE  0x0004
#define MSG_FLAG_TYPE_PULSE   0x0008
#define MSG_FLAG_SIGEV_PULSE  0x0010
#define MSG_FLAG_SIDE_CHANNEL 0x0020 /* message_connect(): always so */
int message_attach(dispatch_t *dpp, message_attr_t *attr, int low, int high,
                   int (*func)(message_context_t *ctp, int code, unsigned flags, void *handle),
                   void *handle);
int message_detach(dispatch_t *dpp, int low, int high, int flags);
/* A side-channel connection to the dispatch's own channel. */
int message_connect(dispatch_t *dpp, int flags);
/* The code (chosen with MSG_FLAG_ALLOC_PULSE), or -1. */
int pulse_attach(dispatch_t *dpp, int flags, int code,
                 int (*func)(message_context_t *ctp, int code, unsigned flags, void *handle),
                 void *handle);
int pulse_detach(dispatch_t *dpp, int code, int flags);

typedef struct _select_attr {
    unsigned flags;
} select_attr_t;
#define SELECT_FLAG_READ      0x0001
#define SELECT_FLAG_WRITE     0x0002
#define SELECT_FLAG_EXCEPT    0x0004
#define SELECT_FLAG_REARM     0x0100
#define SELECT_FLAG_SRVEXCEPT 0x0200
int select_attach(dispatch_t *dpp, select_attr_t *attr, int fd, unsigned flags,
                  int (*func)(select_context_t *ctp, int fd, unsigned flags, void *handle),
                  void *handle);
int select_detach(dispatch_t *dpp, int fd);
/* Conditions of an attached descriptor that hold now, as SELECT_FLAG_* bits. */
int select_query(select_context_t *ctp, int fd);

#ifndef THREAD_POOL_PARAM_T
#define THREAD_POOL_PARAM_T dispatch_context_t
#endif
#ifndef THREAD_POOL_HANDLE_T
#define THREAD_POOL_HANDLE_T dispatch_t
#endif
typedef struct _thread_pool thread_pool_t;
typedef struct _thread_pool_attr {
    THREAD_POOL_HANDLE_T *handle;
    THREAD_POOL_PARAM_T *(*block_func)(THREAD_POOL_PARAM_T *ctp);
    void (*unblock_func)(THREAD_POOL_PARAM_T *ctp);
    int (*handler_func)(THREAD_POOL_PARAM_T *ctp);
    THREAD_POOL_PARAM_T *(*context_alloc)(THREAD_POOL_HANDLE_T *handle);
    void (*context_free)(THREAD_POOL_PARAM_T *ctp);
    pthread_attr_t *attr;
    unsigned short lo_water;
    unsigned short increment;
    unsigned short hi_water;
    unsigned short maximum;
    unsigned reserved[8];
} thread_pool_attr_t;

#define POOL_FLAG_EXIT_SELF 0x0001 /* thread_pool_start() ends the calling thread */
#define POOL_FLAG_USE_SELF  0x0002 /* the caller becomes a thread of the pool */
#define POOL_FLAG_RESERVED  0x0004

#define THREAD_POOL_CONTROL_HIWATER   0x0001
#define THREAD_POOL_CONTROL_INCREMENT 0x0002
#define THREAD_POOL_CONTROL_LOWATER   0x0004
#define THREAD_POOL_CONTROL_MAXIMUM   0x0008
#define THREAD_POOL_CONTROL_NONBLOCK  0x0100

/* NULL with errno EINVAL (limits out of order, functions missing) or ENOMEM. */
thread_pool_t *thread_pool_create(thread_pool_attr_t *attr, unsigned flags);
int thread_pool_start(void *pool);
/* Ends the pool's threads and frees it.  Waits for them. */
int thread_pool_destroy(thread_pool_t *pool);
/* Changes the members that flags name; lower, upper: wait until the thread count is in that range.
 */
int thread_pool_control(thread_pool_t *pool, thread_pool_attr_t *attr, uint16_t lower,
                        uint16_t upper, unsigned flags);
int thread_pool_limits(thread_pool_t *pool, int lo_water, int hi_water, int maximum, int increment,
                       unsigned flags);

typedef struct _name_attach {
    dispatch_t *dpp;
    int chid;
    int mntid;
    int zero[2];
} name_attach_t;
#define NAME_FLAG_DETACH_SAVEDPP 0x0001
#define NAME_FLAG_ATTACH_GLOBAL  0x0002
#define NAME_FLAG_ATTACH_LOCAL   0x0004
/* A channel under /dev/name/local/path.  NULL: EEXIST, EINVAL, ENOMEM, ENOTSUP (global names). */
name_attach_t *name_attach(dispatch_t *dpp, const char *path, unsigned flags);
int name_detach(name_attach_t *attach, unsigned flags);
/* A side-channel connection to that channel, or -1: ENOENT. */
int name_open(const char *name, int flags);
int name_close(int coid);

__END_DECLS
