/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of kernel trace events. */
#pragma once

/* clang-format off */
#define _NTO_TRACE_COMM              1
#define _NTO_TRACE_CONTROL           2
#define _NTO_TRACE_INTENTER          3
#define _NTO_TRACE_INTEXIT           4
#define _NTO_TRACE_INT_HANDLER_ENTER 5
#define _NTO_TRACE_INT_HANDLER_EXIT  6
#define _NTO_TRACE_KERCALLENTER      7
#define _NTO_TRACE_KERCALLEXIT       8
#define _NTO_TRACE_KERCALLINT        9
#define _NTO_TRACE_PROCESS           10
#define _NTO_TRACE_SYSTEM            11
#define _NTO_TRACE_THREAD            12
#define _NTO_TRACE_USER              13
#define _NTO_TRACE_VTHREAD           14
/* clang-format on */
