/* SPDX-License-Identifier: Apache-2.0 */
/* Signal records that cross the kernel boundary.  siginfo and ucontext use the layout of musl's riscv64 <signal.h>
 * (libc-qnx/check asserts it).  64 signals: 1..31 as musl numbers them, SIGRTMIN 41 .. SIGRTMAX 56, and 57..64 are
 * Neutrino's special ones (always blocked, queued, never caught).  32..34 belong to libc. */
#pragma once
#include <stdint.h>

#define QRV_NSIG      65
#define QRV_SIGRTMIN  41
#define QRV_SIGRTMAX  56
#define QRV_SIGSPECIAL_MIN 57
#define QRV_SIG_BIT(n) (1UL << ((n) - 1))

struct _kc_sigaction {
    uint64_t handler; /* 0 SIG_DFL, 1 SIG_IGN */
    uint64_t flags;   /* SA_* with musl's values */
    uint64_t mask;
};

struct _kc_siginfo { /* 128 bytes */
    int32_t signo;
    int32_t errno_;
    int32_t code;
    int32_t pad0;
    union {
        struct {
            int32_t  pid;
            uint32_t uid;
            uint64_t value; /* or status for SIGCHLD */
        } k;
        struct {
            uint64_t addr;
        } f;
        uint64_t pad[14];
    } u;
};

struct _kc_ucontext {
    uint64_t uc_flags;
    uint64_t uc_link;
    uint64_t ss_sp;
    int32_t  ss_flags;
    int32_t  ss_pad;
    uint64_t ss_size;
    uint64_t sigmask[16];
    uint64_t pad16;
    uint64_t gregs[32]; /* [0] pc, then x1..x31; 16-byte aligned */
    uint64_t fregs[32]; /* f0..f31 as doubles */
    uint32_t fcsr;
    uint32_t fpad[3];
    uint64_t fp_quad_tail[32];
};

/* Pushed on the user stack (or SA_ONSTACK stack), 16-byte aligned, sp points at it when the handler starts.
 * Handler: a0 signo, a1 &info, a2 &uc, ra = stub of SignalAction, which does KC_SIGNAL_RETURN(sp). */
struct _kc_sigframe {
    struct _kc_siginfo  info;
    struct _kc_ucontext uc;
};
