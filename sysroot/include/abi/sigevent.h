/* SPDX-License-Identifier: Apache-2.0 */
/* struct sigevent as the kernel reads it.  Documentation followed: Library Reference sigevent.
 * libc's <signal.h> declares the same 32 bytes under the documented member names. */
#pragma once
#include <stdint.h>

struct _kc_sigevent {
    int32_t  notify;   /* SIGEV_* in the low 8 bits, SIGEV_FLAG_* above */
    int32_t  id;       /* signo, coid or interrupt id; with SIGEV_FLAG_HANDLE the handle */
    uint64_t value;
    int16_t  code;     /* pulse code, or si_code */
    int16_t  priority; /* pulse priority, SIGEV_PULSE_PRIO_INHERIT (-1) */
    int32_t  pad;
    uint64_t reserved; /* libc: attributes or sem pointer */
};

/* SIGEV_SIGNAL 0, SIGEV_NONE 1, SIGEV_THREAD 2 keep musl's numbers. */
#define SIGEV_SIGNAL        0
#define SIGEV_NONE          1
#define SIGEV_THREAD        2
#define SIGEV_SIGNAL_CODE   4
#define SIGEV_SIGNAL_THREAD 5
#define SIGEV_PULSE         6
#define SIGEV_UNBLOCK       7
#define SIGEV_INTR          8
#define SIGEV_SEM           9  /* id unused, value = sem_t address */
#define SIGEV_MEMORY        10 /* id = SIGEV_MEM_*, value = operand, reserved = address of an aligned 32-bit word */
#define SIGEV_MEM_ASSIGN    1
#define SIGEV_MEM_ADD       2
#define SIGEV_MEM_SUB       3
#define SIGEV_MEM_BITSET    4
#define SIGEV_MEM_BITCLR    5
#define SIGEV_MEM_BITTOGGLE 6
#define SIGEV_TYPE_MASK     0xff
#define SIGEV_FLAG_CRITICAL   0x1000
#define SIGEV_FLAG_UPDATEABLE 0x2000
#define SIGEV_FLAG_HANDLE     0x4000 /* id names an event that MsgRegisterEvent() keeps in the kernel; the type is its type */
#define SIGEV_PULSE_PRIO_INHERIT (-1)
