/* SPDX-License-Identifier: Apache-2.0 */
/* File types of resmgr_attach() and connect messages. */
#pragma once
#include <abi/iomsg.h>

#define _FTYPE_MQ     _FTYPE_MQUEUE
#define _FTYPE_DUMPER 13
