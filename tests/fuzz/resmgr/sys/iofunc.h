/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "dispatch.h"

typedef struct {
    mode_t mode;
} iofunc_attr_t;
typedef struct {
    IOFUNC_ATTR_T *attr;
    int32_t ioflag;
    off_t offset;
} iofunc_ocb_t;
