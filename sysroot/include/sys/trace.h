/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel event tracing.  TraceEvent() is in <sys/neutrino.h>; its commands, the classes and their events are in
 * <abi/trace.h>.  Documentation followed: Library Reference TraceEvent() and trace_*(), System Analysis Toolkit User's Guide.
 * The trace_*() functions need no rights and do nothing while nobody traces. */
#pragma once
#include <abi/trace.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

/* An event as its parts are told to _NTO_TRACE_INSERTEVENT: the header holds class, event and CPU. */
typedef struct traceevent {
    uint32_t header;
    uint32_t data[3];
} traceevent_t;

#define _NTO_TRACE_GETEVENT(c)      ((c)&0x3ff)
#define _NTO_TRACE_GETEVENT_C(c)    (((c) >> 10) & 0x1f)
#define _NTO_TRACE_GETCPU(c)        (((c) >> 24) & 0x3f)
#define _NTO_TRACE_SETEVENT(c, e)   ((c) = ((c) & ~0x3ffU) | ((uint32_t)(e)&0x3ff))
#define _NTO_TRACE_SETEVENT_C(c, k) ((c) = ((c) & ~0x7c00U) | ((uint32_t)(k)&0x1f) << 10)
#define _TRACE_GET_STRUCT(c)        (((c) >> 30) & 0x3) /* 0 simple; 1, 2, 3: begin, middle, end of a combine event */
#define _TRACE_STRUCT_S             0x00000000U
#define _TRACE_STRUCT_CB            0x40000000U
#define _TRACE_STRUCT_CC            0x80000000U
#define _TRACE_STRUCT_CE            0xc0000000U

/* Events of class _NTO_TRACE_USER; code is _NTO_TRACE_USERFIRST to _NTO_TRACE_USERLAST.  0 or -1; those with a format return
 * the bytes written, with the NUL.  At most QRV_TRACE_BYTES_MAX bytes of data. */
int trace_logi(int code, unsigned d1, unsigned d2);
int trace_logb(int code, const void *data, size_t nbytes);
int trace_logf(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int trace_nlogf(int code, int max, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int trace_vnlogf(int code, int max, const char *fmt, va_list arglist)
    __attribute__((format(printf, 3, 0)));
/* An event of any class. */
int trace_logbc(int class_, int event, const void *data, size_t nbytes);
/* Events of class _NTO_TRACE_SYSTEM: the caller's address; entry and exit of a function. */
int trace_here(void);
int trace_func_enter(void *this_fn, void *call_site);
int trace_func_exit(void *this_fn, void *call_site);

__END_DECLS
