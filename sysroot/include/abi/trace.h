/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel event tracing: commands of KC_TRACE_EVENT, classes, events, the record in the kernel's rings and the file that
 * tracelogger writes.  Documentation followed: Library Reference TraceEvent(), System Analysis Toolkit "Classes and events".
 * It gives names, not numbers: these, the records and the file are QRV's.  docs/architecture/trace.md explains them.
 */
#pragma once
#include <stdint.h>

/* clang-format off */
/* Commands: arguments behind the command -> result */
#define _NTO_TRACE_ALLOCBUFFER       1  /* buffers, void **list -> 0; to libc: how many pages are still missing */
#define _NTO_TRACE_DEALLOCBUFFER     2  /* to libc: how many pages are still held */
#define _NTO_TRACE_FLUSHBUFFER       3
#define _NTO_TRACE_QUERYEVENTS       4  /* -> records that wait to be read */
#define _NTO_TRACE_SETRINGMODE       5
#define _NTO_TRACE_SETLINEARMODE     6
#define _NTO_TRACE_START             7
#define _NTO_TRACE_STARTNOSTATE      8
#define _NTO_TRACE_STOP              9
#define _NTO_TRACE_ADDALLCLASSES     10
#define _NTO_TRACE_DELALLCLASSES     11
#define _NTO_TRACE_ADDCLASS          12 /* class */
#define _NTO_TRACE_DELCLASS          13 /* class */
#define _NTO_TRACE_ADDEVENT          14 /* class, event */
#define _NTO_TRACE_DELEVENT          15 /* class, event */
#define _NTO_TRACE_SETALLCLASSESFAST 16
#define _NTO_TRACE_SETALLCLASSESWIDE 17
#define _NTO_TRACE_SETCLASSFAST      18 /* class */
#define _NTO_TRACE_SETCLASSWIDE      19 /* class */
#define _NTO_TRACE_SETEVENTFAST      20 /* class, event */
#define _NTO_TRACE_SETEVENTWIDE      21 /* class, event */
#define _NTO_TRACE_SETCLASSPID       22 /* class, pid */
#define _NTO_TRACE_CLRCLASSPID       23 /* class */
#define _NTO_TRACE_SETCLASSTID       24 /* class, pid, tid */
#define _NTO_TRACE_CLRCLASSTID       25 /* class */
#define _NTO_TRACE_SETEVENTPID       26 /* class, event, pid */
#define _NTO_TRACE_CLREVENTPID       27 /* class, event */
#define _NTO_TRACE_SETEVENTTID       28 /* class, event, pid, tid */
#define _NTO_TRACE_CLREVENTTID       29 /* class, event */
#define _NTO_TRACE_INSERTEVENT       30 /* header, stamp, data, data */
#define _NTO_TRACE_INSERTSCLASSEVENT 31 /* class, event, data, data */
#define _NTO_TRACE_INSERTCCLASSEVENT 32 /* class, event, const int *, ints */
#define _NTO_TRACE_INSERTSUSEREVENT  33 /* event, data, data */
#define _NTO_TRACE_INSERTCUSEREVENT  34 /* event, const int *, ints */
#define _NTO_TRACE_INSERTUSRSTREVENT 35 /* event, const char * */
/* Filters that call back into the tracing program: ENOTSUP, the kernel runs no user code. */
#define _NTO_TRACE_ADDCLASSEVHANDLER 36
#define _NTO_TRACE_DELCLASSEVHANDLER 37
#define _NTO_TRACE_ADDEVENTHANDLER   38
#define _NTO_TRACE_DELEVENTHANDLER   39
/* QRV's own, used by libc and tracelogger */
#define _QRV_TRACE_STATE             64 /* cursor, 0 first -> next cursor, 0 at the end: events for what exists already */
#define _QRV_TRACE_READ              65 /* hart, struct qrv_trace_record *, bytes, uint64_t *dropped -> bytes */

#define _QRV_TRACE_IS_ON             66 /* -> 1 between start and stop, 0 */

#define _NTO_TRACE_COMM              1
#define _NTO_TRACE_CONTROL           2
#define _NTO_TRACE_INTENTER          3
#define _NTO_TRACE_INTEXIT           4
#define _NTO_TRACE_INT_HANDLER_ENTER 5
#define _NTO_TRACE_INT_HANDLER_EXIT  6
#define _NTO_TRACE_KERCALLENTER      7
#define _NTO_TRACE_KERCALLEXIT       8
#define _NTO_TRACE_KERCALLINT        9  /* never emitted */
#define _NTO_TRACE_PROCESS           10
#define _NTO_TRACE_SYSTEM            11
#define _NTO_TRACE_THREAD            12
#define _NTO_TRACE_USER              13
#define _NTO_TRACE_VTHREAD           14 /* never emitted */
#define QRV_TRACE_CLASSES            15
#define _NTO_TRACE_KERCALL           16 /* in commands: KERCALLENTER, KERCALLEXIT, KERCALLINT */
#define _NTO_TRACE_INT               17 /* in commands: the four interrupt classes */
#define QRV_TRACE_EVENTS             1024 /* events of a class */

/* Class KERCALLENTER: event is the number of abi/kercall.h; data: first two arguments, in wide mode all six.
 * Class KERCALLEXIT: data[0] is the result, >= 0 or -errno. */

/* Class COMM: data[0] = what names the message or pulse, data[1] = pid << 32 | tid of the other side. */
#define _NTO_TRACE_COMM_SMSG         1  /* a client sends: rcvid; the server's process */
#define _NTO_TRACE_COMM_RMSG         2  /* a server receives: rcvid; the client */
#define _NTO_TRACE_COMM_REPLY        3  /* rcvid; the client */
#define _NTO_TRACE_COMM_ERROR        4  /* MsgError(): rcvid; the client */
#define _NTO_TRACE_COMM_SPULSE       5  /* scoid << 8 | code; the receiver's process */
#define _NTO_TRACE_COMM_RPULSE       6  /* scoid << 8 | code; 0 */
#define _NTO_TRACE_COMM_SPULSE_EXE   7  /* of a sigevent */
#define _NTO_TRACE_COMM_SPULSE_DIS   8
#define _NTO_TRACE_COMM_SPULSE_DEA   9
#define _NTO_TRACE_COMM_SPULSE_UN    10
#define _NTO_TRACE_COMM_SPULSE_QUN   11 /* never emitted: there is no Qnet */
#define _NTO_TRACE_COMM_SIGNAL       12 /* signal | code << 32; the process it is for */

/* Class CONTROL: always recorded. */
#define _NTO_TRACE_CONTROLTIME       1  /* tracing has been started: data[0] is CLOCK_REALTIME */
#define _NTO_TRACE_CONTROLBUFFER     2  /* flushed */
#define _NTO_TRACE_CONTROLDROPPED    3  /* data[0] records found no room in this hart's ring before this one */

/* Interrupt classes: event is the vector, data[0] the interrupted user pc when a thread ran. Handler classes: delivery to
 * one attachment, data[0] = pid << 32 | tid of who attached. */
#define QRV_TRACE_INT_CLOCK          0  /* the timer of the hart: no vector of the PLIC */

/* Class PROCESS: data[0] = pid << 32 | parent, then the name where the event has one. */
#define _NTO_TRACE_PROCCREATE        1
#define _NTO_TRACE_PROCDESTROY       2  /* data[1] = wait status */
#define _NTO_TRACE_PROCCREATE_NAME   3
#define _NTO_TRACE_PROCDESTROY_NAME  4  /* never emitted */
#define _NTO_TRACE_PROCTHREAD_NAME   5  /* data[0] = pid << 32 | tid */

/* Class THREAD: data[0] = QRV_TRACE_THREAD_*, data[1] = blocked_on as in struct tm_thread_info. */
#define _NTO_TRACE_THDEAD            0 /* the same numbers as STATE_* */
#define _NTO_TRACE_THRUNNING         1
#define _NTO_TRACE_THREADY           2
#define _NTO_TRACE_THSTOPPED         3
#define _NTO_TRACE_THSEND            4
#define _NTO_TRACE_THRECEIVE         5
#define _NTO_TRACE_THREPLY           6
#define _NTO_TRACE_THSTACK           7
#define _NTO_TRACE_THWAITTHREAD      8
#define _NTO_TRACE_THWAITPAGE        9
#define _NTO_TRACE_THSIGSUSPEND      10
#define _NTO_TRACE_THSIGWAITINFO     11
#define _NTO_TRACE_THNANOSLEEP       12
#define _NTO_TRACE_THMUTEX           13
#define _NTO_TRACE_THCONDVAR         14
#define _NTO_TRACE_THJOIN            15
#define _NTO_TRACE_THINTR            16
#define _NTO_TRACE_THSEM             17
#define _NTO_TRACE_THWAITCTX         18
#define _NTO_TRACE_THNET_SEND        19
#define _NTO_TRACE_THNET_REPLY       20
#define _NTO_TRACE_THCREATE          32
#define _NTO_TRACE_THDESTROY         33 /* its memory is free again */

/* Class SYSTEM */
#define _NTO_TRACE_SYS_ADDRESS       1  /* trace_here(): data[0] */
#define _NTO_TRACE_SYS_FUNC_ENTER    2  /* trace_func_enter(): function, caller */
#define _NTO_TRACE_SYS_FUNC_EXIT     3
#define _NTO_TRACE_SYS_IPI           4  /* an interrupt from another hart */
#define _NTO_TRACE_SYS_PAGEWAIT      5  /* a page fault of the thread: address, 1 write | 2 fetch */
#define _NTO_TRACE_SYS_IST_ATTACH    6  /* InterruptAttach*(): vector, id */
#define _NTO_TRACE_SYS_IST_DETACH    7

/* Class USER */
#define _NTO_TRACE_USERFIRST         0
#define _NTO_TRACE_USERLAST          1023
/* clang-format on */

#define QRV_TRACE_THREAD(pid, tid, prio) ((uint64_t)(pid) << 32 | (uint64_t)(tid) << 16 | (uint64_t)(prio))
#define QRV_TRACE_THREAD_PID(d)          ((uint32_t)((d) >> 32))
#define QRV_TRACE_THREAD_TID(d)          ((uint32_t)((d) >> 16) & 0xffff)
#define QRV_TRACE_THREAD_PRIO(d)         ((uint32_t)(d) & 0xff)

/* What one hart did.  An event that is longer than one record goes on in the next ones of the same hart, which have its head again and
 * QRV_TRACE_CONT; the payload is their data, in order. */
struct qrv_trace_record {
    uint64_t time; /* ns, CLOCK_MONOTONIC */
    uint8_t class_;
    uint8_t flags; /* QRV_TRACE_* */
    uint16_t event;
    uint16_t pid, tid; /* the thread the hart was running, 0 0 when idle */
    uint64_t data[2];
};
#define QRV_TRACE_MORE   0x01 /* a continuation follows */
#define QRV_TRACE_CONT   0x02 /* this is one */
#define QRV_TRACE_TEXT   0x04 /* the payload behind data[0] is text, padded with NULs */
#define QRV_TRACE_FAILED 0x08 /* KERCALLEXIT: an error */
#define QRV_TRACE_BYTES_MAX 1024 /* payload of an event */

/* A buffer in the sense of _NTO_TRACE_ALLOCBUFFER: 512 records. */
#define QRV_TRACE_BUFFER_BYTES 16384
#define QRV_TRACE_BUFFERS_MAX  8192

/* The file of tracelogger: this head, its attributes ("NAME=value" lines), then blocks until the end. Little endian. */
#define QRV_TRACE_MAGIC   "QRVTRACE"
#define QRV_TRACE_VERSION 1
struct qrv_trace_head {
    char magic[8];
    uint32_t version;
    uint32_t harts;
    uint32_t attribute_bytes; /* behind this head, padded with NULs to a multiple of 8 */
    uint32_t record_bytes;
    uint64_t realtime_offset; /* CLOCK_REALTIME - CLOCK_MONOTONIC at the start */
};
struct qrv_trace_block {
    uint32_t hart;
    uint32_t bytes;   /* of records behind this head */
    uint64_t dropped; /* records lost on this hart since the buffers were allocated */
};
