/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong order, wrong arguments, bad pointers, missing rights.  Page: Library Reference TraceEvent(). */
#define _GNU_SOURCE
#include "ring.h"

#include <sys/wait.h>

static void *const bad = (void *)0x30;

static void order(void)
{
    is_int(TraceEvent(_NTO_TRACE_START), -1, "start without buffers");
    covers("TraceEvent:EFAULT");
    is_errno(EFAULT, "EFAULT: out of order");
    is_int(TraceEvent(_NTO_TRACE_QUERYEVENTS), -1, "query without buffers");
    is_errno(EFAULT, "EFAULT");
    is_int(TraceEvent(_NTO_TRACE_FLUSHBUFFER), -1, "flush without buffers");
    is_errno(EFAULT, "EFAULT");
    is_int(TraceEvent(_NTO_TRACE_DEALLOCBUFFER), -1, "freeing none");
    is_errno(EFAULT, "EFAULT");
    is_int(TraceEvent(_NTO_TRACE_STOP), 0, "stop without start does nothing");
    is_int(trace_logi(1, 2, 3), 0, "own events are welcome when nobody traces");
}

static void buffers(void)
{
    void *list = (void *)1;
    is_int(TraceEvent(_NTO_TRACE_ALLOCBUFFER, 0, NULL), -1, "no buffers at all");
    is_errno(EINVAL, "EINVAL");
    is_int(TraceEvent(_NTO_TRACE_ALLOCBUFFER, QRV_TRACE_BUFFERS_MAX + 1, NULL), -1, "too many");
    is_errno(EINVAL, "EINVAL");
    is_int(TraceEvent(_NTO_TRACE_ALLOCBUFFER, 8, bad), -1, "a bad pointer for the list");
    covers("TraceEvent:bad_list");
    is_errno(EFAULT, "EFAULT");
    is_int(TraceEvent(_NTO_TRACE_ALLOCBUFFER, 8, &list), 0, "eight buffers");
    ok(list == NULL, "their list is not shown");
    is_int(TraceEvent(_NTO_TRACE_ALLOCBUFFER, 8, NULL), -1, "again");
    is_errno(EBUSY, "EBUSY: somebody has them");
    is_int(TraceEvent(_NTO_TRACE_START), 0, "start");
    is_int(TraceEvent(_NTO_TRACE_START), 0, "start again does nothing");
    is_int(TraceEvent(_NTO_TRACE_FLUSHBUFFER), 0, "flush");
}

static void pointers(void)
{
    char page[sizeof(struct qrv_trace_record)];
    is_int(TraceEvent(_NTO_TRACE_INSERTUSRSTREVENT, 1, bad), -1, "a bad string");
    covers("TraceEvent:bad_str");
    is_errno(EFAULT, "EFAULT");
    is_int(TraceEvent(_NTO_TRACE_INSERTCUSEREVENT, 1, bad, 4), -1, "bad integers");
    covers("TraceEvent:bad_buf");
    is_errno(EFAULT, "EFAULT");
    is_int(TraceEvent(_NTO_TRACE_INSERTCCLASSEVENT, _NTO_TRACE_USER, 1, bad, 4), -1, "of any class");
    is_errno(EFAULT, "EFAULT");
    unsigned faults = 0;
    for (unsigned hart = 0; hart < _syspage_ptr->num_cpu; hart++) /* the start is recorded by one of them */
        faults += TraceEvent(_QRV_TRACE_READ, hart, bad, 4096, NULL) == -1 && errno == EFAULT;
    ok(faults > 0, "records to a bad address: EFAULT");
    is_int(TraceEvent(_QRV_TRACE_READ, 0, page, sizeof(page), bad), -1, "the count to one");
    is_errno(EFAULT, "EFAULT");
    is_int(TraceEvent(_QRV_TRACE_READ, 99, page, sizeof(page), NULL), -1, "of no hart");
    is_errno(EINVAL, "EINVAL");
    is_int(TraceEvent(_QRV_TRACE_READ, 0, page, sizeof(page) - 1, NULL), 0, "no room for a record: none");
}

static void numbers(void)
{
    static const int by_class[] = {_NTO_TRACE_ADDCLASS, _NTO_TRACE_DELCLASS, _NTO_TRACE_SETCLASSFAST,
                                   _NTO_TRACE_SETCLASSWIDE, _NTO_TRACE_CLRCLASSPID, _NTO_TRACE_CLRCLASSTID};
    static const int by_event[] = {_NTO_TRACE_ADDEVENT, _NTO_TRACE_DELEVENT, _NTO_TRACE_SETEVENTFAST,
                                   _NTO_TRACE_SETEVENTWIDE, _NTO_TRACE_CLREVENTPID, _NTO_TRACE_CLREVENTTID};
    unsigned good = 0;
    for (unsigned i = 0; i < 6; i++) {
        good += TraceEvent(by_class[i], 99) == -1 && errno == EINVAL && TraceEvent(by_class[i], 0) == -1;
        good += TraceEvent(by_event[i], _NTO_TRACE_THREAD, 1024) == -1 && errno == EINVAL;
    }
    is_int(good, 12, "no such class, no such event: EINVAL");
    is_int(TraceEvent(_NTO_TRACE_SETCLASSPID, _NTO_TRACE_PROCESS, getpid()), -1, "a class that cannot be limited to a process");
    is_errno(EINVAL, "EINVAL");
    is_int(TraceEvent(_NTO_TRACE_SETCLASSPID, _NTO_TRACE_THREAD, 0), -1, "process 0");
    is_errno(ESRCH, "ESRCH");
    is_int(TraceEvent(_NTO_TRACE_SETEVENTTID, _NTO_TRACE_THREAD, 1, getpid(), 0), -1, "thread 0");
    is_errno(ESRCH, "ESRCH");
    is_int(trace_logi(_NTO_TRACE_USERLAST + 1, 0, 0), -1, "no such user event");
    is_errno(EINVAL, "EINVAL");
    is_int(trace_logb(1, "", QRV_TRACE_BYTES_MAX + 1), -1, "too much data");
    is_errno(EINVAL, "EINVAL");
    is_int(TraceEvent(_NTO_TRACE_ADDEVENTHANDLER), -1, "handlers");
    covers("TraceEvent:ENOTSUP");
    is_errno(ENOTSUP, "ENOTSUP");
    is_int(TraceEvent(9999), -1, "no such command");
    is_errno(EINVAL, "EINVAL");
}

/* A process without rights may tell of itself and nothing else; status: what was wrong, bit by bit. */
static void rights(void)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        int wrong = setuid(99) != 0;
        wrong |= (TraceEvent(_NTO_TRACE_STOP) != -1 || errno != EPERM) << 1;
        wrong |= (TraceEvent(_NTO_TRACE_ADDALLCLASSES) != -1 || errno != EPERM) << 2;
        wrong |= (TraceEvent(_QRV_TRACE_READ, 0, &status, 4, NULL) != -1 || errno != EPERM) << 3;
        wrong |= (trace_logi(1, 2, 3) != 0) << 4;
        _exit(wrong);
    }
    waitpid(pid, &status, 0);
    covers("TraceEvent:EPERM");
    is_int(status, 0, "without rights: EPERM, but own events are recorded");
}

/* Who allocated buffers and died does not keep them. */
static void left_behind(void)
{
    TraceEvent(_NTO_TRACE_DEALLOCBUFFER);
    int status = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(TraceEvent(_NTO_TRACE_ALLOCBUFFER, 64, NULL) != 0 || TraceEvent(_NTO_TRACE_START) != 0);
    waitpid(pid, &status, 0);
    is_int(status, 0, "a process starts tracing and ends");
    is_int(TraceEvent(_NTO_TRACE_QUERYEVENTS), -1, "its buffers have gone with it");
    is_int(TraceEvent(_NTO_TRACE_ALLOCBUFFER, 16, NULL), 0, "the next one gets new ones");
    is_int(TraceEvent(_QRV_TRACE_IS_ON), 0, "and tracing is off");
    is_int(TraceEvent(_NTO_TRACE_DEALLOCBUFFER), 0, "freed");
}

int main(void)
{
    tap_plan(0);
    order();
    buffers();
    pointers();
    numbers();
    rights();
    left_behind();
    return done();
}
