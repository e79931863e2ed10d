/* SPDX-License-Identifier: Apache-2.0 */
/* Reading everything the kernel has recorded, in the order of time. */
#pragma once
#include "../tap.h"
#include <stdbool.h>
#include <sys/kercalls.h>
#include <sys/neutrino.h>
#include <sys/syspage.h>
#include <sys/trace.h>

#define RECORDS_MAX 60000
static struct qrv_trace_record rec[RECORDS_MAX];
static unsigned recs;

/* Continuations are dropped: they have the time of their head.  A hart's records are in order already: merged, they stay so. */
__attribute__((unused)) static void read_all(void)
{
    static struct qrv_trace_record raw[RECORDS_MAX], page[128];
    unsigned at[QRV_HARTS_MAX], end[QRV_HARTS_MAX], n = 0, harts = _syspage_ptr->num_cpu;
    for (unsigned hart = 0; hart < harts; hart++) {
        int got;
        at[hart] = n;
        while ((got = TraceEvent(_QRV_TRACE_READ, hart, page, sizeof(page), NULL)) > 0)
            for (unsigned i = 0; i < (unsigned)got / sizeof(page[0]) && n < RECORDS_MAX; i++)
                if (!(page[i].flags & QRV_TRACE_CONT))
                    raw[n++] = page[i];
        end[hart] = n;
    }
    for (recs = 0; recs < n; recs++) {
        unsigned best = harts;
        for (unsigned hart = 0; hart < harts; hart++)
            if (at[hart] < end[hart] && (best == harts || raw[at[hart]].time < raw[at[best]].time))
                best = hart;
        rec[recs] = raw[at[best]++];
    }
}

/* The first record from index on of that class and event that thread tid of this process caused (0: any thread), or -1. */
__attribute__((unused)) static int find(int from, int class_, int event, int tid)
{
    for (unsigned i = (unsigned)from; from >= 0 && i < recs; i++)
        if (rec[i].class_ == class_ && rec[i].event == event &&
            (tid == 0 || (rec[i].pid == getpid() && rec[i].tid == tid)))
            return (int)i;
    return -1;
}

__attribute__((unused)) static unsigned count(int class_)
{
    unsigned n = 0;
    for (unsigned i = 0; i < recs; i++)
        n += rec[i].class_ == class_;
    return n;
}

/* Buffers, all classes, on. */
__attribute__((unused)) static int begin(unsigned buffers)
{
    TraceEvent(_NTO_TRACE_ADDALLCLASSES);
    TraceEvent(_NTO_TRACE_SETLINEARMODE);
    return TraceEvent(_NTO_TRACE_ALLOCBUFFER, buffers, NULL) == 0 ? TraceEvent(_NTO_TRACE_START) : -1;
}
