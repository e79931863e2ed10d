/* SPDX-License-Identifier: Apache-2.0 */
/* What is recorded: classes, events, one process or thread; wide mode; the ring and what does not fit.  Pages: Library Reference TraceEvent(),
 * System Analysis Toolkit, "The static rules filter". */
#define _GNU_SOURCE
#include "ring.h"

#include <pthread.h>
#include <sched.h>

static void some_work(void)
{
    SchedYield();
    ClockId(0, 0);
    trace_logi(3, 0, 0);
    trace_logi(4, 0, 0);
}

static void once(void)
{
    TraceEvent(_NTO_TRACE_STARTNOSTATE);
    some_work();
    TraceEvent(_NTO_TRACE_STOP);
    read_all();
}

static void *in_thread(void *arg)
{
    some_work();
    return arg;
}

static void classes(void)
{
    TraceEvent(_NTO_TRACE_DELALLCLASSES);
    once();
    is_int(count(_NTO_TRACE_CONTROL), recs, "no class: control events only");
    ok(recs > 0, "which come always");
    is_int(TraceEvent(_NTO_TRACE_ADDCLASS, _NTO_TRACE_USER), 0, "ADDCLASS");
    once();
    is_int(count(_NTO_TRACE_USER), 2, "both events of the class");
    is_int(count(_NTO_TRACE_USER) + count(_NTO_TRACE_CONTROL), recs, "and no other class");
    is_int(TraceEvent(_NTO_TRACE_DELEVENT, _NTO_TRACE_USER, 3), 0, "DELEVENT");
    once();
    ok(find(0, _NTO_TRACE_USER, 4, 0) >= 0 && find(0, _NTO_TRACE_USER, 3, 0) < 0, "takes one event away");
    TraceEvent(_NTO_TRACE_DELCLASS, _NTO_TRACE_USER);
    TraceEvent(_NTO_TRACE_ADDEVENT, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID);
    once();
    is_int(count(_NTO_TRACE_KERCALLENTER), 1, "ADDEVENT: one call only");
    is_int(count(_NTO_TRACE_USER), 0, "DELCLASS: none of its events");
    TraceEvent(_NTO_TRACE_ADDCLASS, _NTO_TRACE_KERCALL);
    once();
    ok(count(_NTO_TRACE_KERCALLENTER) > 2 && count(_NTO_TRACE_KERCALLEXIT) > 2, "_NTO_TRACE_KERCALL is enter and exit");
}

static void wide(void)
{
    TraceEvent(_NTO_TRACE_SETCLASSWIDE, _NTO_TRACE_KERCALL);
    once();
    int i = find(0, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID, 0);
    ok(i >= 0 && (rec[i].flags & QRV_TRACE_MORE), "wide: more than fits a record");
    TraceEvent(_NTO_TRACE_SETEVENTFAST, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID);
    once();
    i = find(0, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID, 0);
    ok(i >= 0 && !(rec[i].flags & QRV_TRACE_MORE), "fast for one event again");
    TraceEvent(_NTO_TRACE_SETALLCLASSESFAST);
}

static unsigned others(int class_, int tid)
{
    unsigned n = 0;
    for (unsigned i = 0; i < recs; i++)
        n += rec[i].class_ == class_ && (rec[i].pid != getpid() || (tid && rec[i].tid != tid));
    return n;
}

static void one_process(void)
{
    pthread_t t;
    TraceEvent(_NTO_TRACE_DELALLCLASSES);
    is_int(TraceEvent(_NTO_TRACE_SETCLASSPID, _NTO_TRACE_KERCALL, getpid()), 0, "SETCLASSPID");
    TraceEvent(_NTO_TRACE_STARTNOSTATE);
    pthread_create(&t, NULL, in_thread, NULL);
    pthread_join(t, NULL);
    TraceEvent(_NTO_TRACE_STOP);
    read_all();
    ok(count(_NTO_TRACE_KERCALLENTER) > 2 && others(_NTO_TRACE_KERCALLENTER, 0) == 0, "calls of this process only");
    is_int(TraceEvent(_NTO_TRACE_SETCLASSTID, _NTO_TRACE_KERCALL, getpid(), gettid()), 0, "SETCLASSTID");
    TraceEvent(_NTO_TRACE_STARTNOSTATE);
    pthread_create(&t, NULL, in_thread, NULL);
    pthread_join(t, NULL);
    TraceEvent(_NTO_TRACE_STOP);
    read_all();
    ok(count(_NTO_TRACE_KERCALLENTER) > 0 && others(_NTO_TRACE_KERCALLENTER, gettid()) == 0, "of this thread only");
    TraceEvent(_NTO_TRACE_CLRCLASSTID, _NTO_TRACE_KERCALL);
    is_int(TraceEvent(_NTO_TRACE_SETEVENTTID, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID, getpid(), 999), 0, "SETEVENTTID");
    once();
    ok(find(0, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID, 0) < 0 && count(_NTO_TRACE_KERCALLENTER) > 0, "limits one event");
    TraceEvent(_NTO_TRACE_CLREVENTTID, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID);
    once();
    ok(find(0, _NTO_TRACE_KERCALLENTER, __KER_CLOCK_ID, 0) >= 0, "CLREVENTTID: no longer");
}

/* More than fits: linear mode keeps the oldest, ring mode the newest. */
static void overflow(void)
{
    struct { uint64_t dropped; } last = {0};
    TraceEvent(_NTO_TRACE_DELALLCLASSES);
    TraceEvent(_NTO_TRACE_ADDCLASS, _NTO_TRACE_USER);
    TraceEvent(_NTO_TRACE_STARTNOSTATE);
    unsigned n = 30000;
    for (unsigned i = 0; i < n; i++)
        trace_logi(5, i, 0);
    TraceEvent(_NTO_TRACE_STOP);
    struct qrv_trace_record one;
    uint64_t dropped = 0;
    for (unsigned hart = 0; hart < _syspage_ptr->num_cpu; hart++) {
        TraceEvent(_QRV_TRACE_READ, hart, &one, 0, &last);
        dropped += last.dropped;
    }
    read_all();
    int first = find(0, _NTO_TRACE_USER, 5, 0);
    ok(first >= 0 && rec[first].data[0] == 0, "linear: the first one is there");
    is_int((long)(count(_NTO_TRACE_USER) + dropped), n, "what is not there has been counted");
    TraceEvent(_NTO_TRACE_SETRINGMODE);
    TraceEvent(_NTO_TRACE_STARTNOSTATE);
    for (unsigned i = 0; i < n; i++)
        trace_logi(6, i, 0);
    is_int(TraceEvent(_QRV_TRACE_READ, 0, &one, sizeof(one), NULL), 0, "ring: nothing to read while it runs");
    TraceEvent(_NTO_TRACE_STOP);
    read_all();
    ok(recs > 0 && rec[recs - 1].event == 6 && rec[recs - 1].data[0] == n - 1, "the last one is there");
    ok(count(_NTO_TRACE_USER) < n, "the first ones are not");
    TraceEvent(_NTO_TRACE_SETLINEARMODE);
}

int main(void)
{
    tap_plan(0);
    is_int(TraceEvent(_NTO_TRACE_ALLOCBUFFER, 16, NULL), 0, "buffers");
    TraceEvent(_NTO_TRACE_SETLINEARMODE);
    classes();
    wide();
    one_process();
    overflow();
    is_int(TraceEvent(_NTO_TRACE_DEALLOCBUFFER), 0, "freed");
    return done();
}
