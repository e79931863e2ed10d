/* SPDX-License-Identifier: Apache-2.0 */
/* The only place in libc that traps.  Results are >= 0 or -errno. */
#pragma once
#include <abi/ecall.h>
#include <abi/kercall.h>

#define __kercall0 _kc_call0
#define __kercall1 _kc_call1
#define __kercall2 _kc_call2
#define __kercall3 _kc_call3
#define __kercall4 _kc_call4
#define __kercall5 _kc_call5
#define __kercall6 _kc_call6
