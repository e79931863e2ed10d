/* SPDX-License-Identifier: Apache-2.0 */
/* TraceEvent() and the functions that record a program's own events. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/trace.h>
#include "kcall.h"

/* Arguments behind the command, as documented. */
static int arguments(int code)
{
    switch (code) {
    case _NTO_TRACE_ADDCLASS:
    case _NTO_TRACE_DELCLASS:
    case _NTO_TRACE_SETCLASSFAST:
    case _NTO_TRACE_SETCLASSWIDE:
    case _NTO_TRACE_CLRCLASSPID:
    case _NTO_TRACE_CLRCLASSTID:
        return 1;
    case _NTO_TRACE_ALLOCBUFFER:
    case _NTO_TRACE_ADDEVENT:
    case _NTO_TRACE_DELEVENT:
    case _NTO_TRACE_SETEVENTFAST:
    case _NTO_TRACE_SETEVENTWIDE:
    case _NTO_TRACE_SETCLASSPID:
    case _NTO_TRACE_CLREVENTPID:
    case _NTO_TRACE_CLREVENTTID:
    case _NTO_TRACE_INSERTUSRSTREVENT:
        return 2;
    case _NTO_TRACE_SETCLASSTID:
    case _NTO_TRACE_SETEVENTPID:
    case _NTO_TRACE_INSERTSUSEREVENT:
    case _NTO_TRACE_INSERTCUSEREVENT:
        return 3;
    case _NTO_TRACE_SETEVENTTID:
    case _NTO_TRACE_INSERTEVENT:
    case _NTO_TRACE_INSERTSCLASSEVENT:
    case _NTO_TRACE_INSERTCCLASSEVENT:
    case _QRV_TRACE_READ:
        return 4;
    }
    return 0;
}

static int is_pointer(int code, int argument)
{
    return (code == _NTO_TRACE_ALLOCBUFFER && argument == 1) ||
           ((code == _NTO_TRACE_INSERTUSRSTREVENT || code == _NTO_TRACE_INSERTCUSEREVENT) && argument == 1) ||
           (code == _NTO_TRACE_INSERTCCLASSEVENT && argument == 2) ||
           (code == _QRV_TRACE_READ && (argument == 1 || argument == 3));
}

static long call(int code, const long a[4])
{
    return __kercall5(KC_TRACE_EVENT, code, a[0], a[1], a[2], a[3]);
}

/* Buffers come and go in pieces that are short enough to keep interrupts off for; so does what exists at the start. */
static long in_pieces(int code, const long a[4])
{
    long rc = call(code, a);
    while (rc > 0 && (code == _NTO_TRACE_ALLOCBUFFER || code == _NTO_TRACE_DEALLOCBUFFER))
        rc = call(code, a);
    if (rc == -ENOMEM && code == _NTO_TRACE_ALLOCBUFFER)
        in_pieces(_NTO_TRACE_DEALLOCBUFFER, a); /* all or nothing */
    if (rc == 0 && code == _NTO_TRACE_START) {
        long cursor[4] = {0};
        while ((cursor[0] = call(_QRV_TRACE_STATE, cursor)) > 0)
            ;
        rc = cursor[0];
    }
    return rc;
}

int TraceEvent(int code, ...)
{
    long a[4] = {0};
    va_list ap;
    va_start(ap, code);
    for (int i = 0, n = arguments(code); i < n; i++)
        a[i] = is_pointer(code, i) ? (long)va_arg(ap, void *) : (long)va_arg(ap, unsigned);
    va_end(ap);
    return (int)__qrv_neg(in_pieces(code, a));
}

int trace_logi(int code, unsigned d1, unsigned d2)
{
    return TraceEvent(_NTO_TRACE_INSERTSUSEREVENT, code, d1, d2);
}

int trace_logbc(int class_, int event, const void *data, size_t nbytes)
{
    int words[QRV_TRACE_BYTES_MAX / sizeof(int)] = {0};
    if (nbytes > sizeof(words)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(words, data, nbytes);
    return TraceEvent(_NTO_TRACE_INSERTCCLASSEVENT, class_, event, words,
                      (unsigned)((nbytes + sizeof(int) - 1) / sizeof(int)));
}

int trace_logb(int code, const void *data, size_t nbytes)
{
    return trace_logbc(_NTO_TRACE_USER, code, data, nbytes);
}

int trace_vnlogf(int code, int max, const char *fmt, va_list arglist)
{
    char text[QRV_TRACE_BYTES_MAX];
    size_t room = max > 0 && (size_t)max < sizeof(text) ? (size_t)max : sizeof(text);
    int n = vsnprintf(text, room, fmt, arglist);
    if (n < 0)
        return -1;
    if (TraceEvent(_NTO_TRACE_INSERTUSRSTREVENT, code, text) == -1)
        return -1;
    return (size_t)n < room ? n + 1 : (int)room;
}

int trace_nlogf(int code, int max, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = trace_vnlogf(code, max, fmt, ap);
    va_end(ap);
    return n;
}

int trace_logf(int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = trace_vnlogf(code, 0, fmt, ap);
    va_end(ap);
    return n;
}

/* The events below carry addresses, which are longer than the ints of the variable list. */
static int insert_addresses(int event, const void *first, const void *second)
{
    long a[4] = {_NTO_TRACE_SYSTEM, event, (long)first, (long)second};
    return __qrv_ok(call(_NTO_TRACE_INSERTSCLASSEVENT, a));
}

int trace_here(void)
{
    return insert_addresses(_NTO_TRACE_SYS_ADDRESS, __builtin_return_address(0), NULL);
}

int trace_func_enter(void *this_fn, void *call_site)
{
    return insert_addresses(_NTO_TRACE_SYS_FUNC_ENTER, this_fn, call_site);
}

int trace_func_exit(void *this_fn, void *call_site)
{
    return insert_addresses(_NTO_TRACE_SYS_FUNC_EXIT, this_fn, call_site);
}
