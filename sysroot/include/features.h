/* SPDX-License-Identifier: Apache-2.0 */
/* Feature selection.  musl's rules apply, except that a strict ISO mode without any feature macro
 * still shows POSIX and the extensions: the Neutrino headers are built on types from there
 * (union sigval, sigset_t), and _QNX_SOURCE asks for the same. */
#ifndef _QRV_FEATURES_H
#define _QRV_FEATURES_H

#if !defined(_POSIX_SOURCE) && !defined(_POSIX_C_SOURCE) && !defined(_XOPEN_SOURCE) &&             \
    !defined(_GNU_SOURCE) && !defined(_BSD_SOURCE) && defined(__STRICT_ANSI__)
#define _BSD_SOURCE   1
#define _XOPEN_SOURCE 700
#elif defined(_QNX_SOURCE) && !defined(_BSD_SOURCE)
#define _BSD_SOURCE 1
#endif

/* Neutrino programs use open64(), struct stat64, off64_t without asking. */
#if !defined(_POSIX_SOURCE) && !defined(_POSIX_C_SOURCE) && !defined(_LARGEFILE64_SOURCE) &&       \
    ((!defined(_XOPEN_SOURCE) && !defined(_GNU_SOURCE)) || defined(_QNX_SOURCE))
#define _LARGEFILE64_SOURCE 1
#endif

#include <musl/features.h>

/* Timer ids are ints here: TimerCreate() returns one.  musl's own definition is skipped. */
#if !defined(__DEFINED_timer_t) && !defined(__ASSEMBLER__)
typedef int timer_t;
#define __DEFINED_timer_t
#endif

#endif
