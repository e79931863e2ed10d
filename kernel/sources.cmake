# SPDX-License-Identifier: Apache-2.0
#
# Kernel sources that know nothing of the machine but core/arch.h and machine.h.  Compiled for the target and, by test/, for the
# build machine.

set(kernel_portable
    core/exit.c core/ktimer.c core/lock.c core/preempt.c core/sched.c core/trace.c core/trace_control.c
    ipc/quick.c ipc/receive.c ipc/reply.c ipc/send.c ipc/xfer.c
    kercall/channel.c kercall/clock.c kercall/entry.c kercall/intr.c kercall/signal.c
    kercall/sync.c kercall/table.c kercall/thread.c kercall/timer.c kercall/trace.c kercall/tm_debug.c kercall/tm_mem.c kercall/tm_proc.c
    lib/cpio.c lib/fdt.c lib/format.c lib/ranges.c
    mm/aspace.c mm/aspace_fault.c mm/frame.c mm/memobj.c mm/slab.c mm/uaccess.c
    object/channel.c object/clock.c object/conn.c object/debug.c object/event.c object/event_handle.c object/fault_report.c object/idtable.c object/intr.c
    object/inherit.c object/meter.c object/process.c object/process_end.c object/signal.c object/signal_frame.c object/signal_wait.c object/sync.c object/sync_ceiling.c
    object/sync_mutex.c
    object/sync_wait.c object/thread.c object/timeout.c object/timer.c)
