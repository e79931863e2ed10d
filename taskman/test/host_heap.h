/* SPDX-License-Identifier: Apache-2.0 */
/* taskman's heap on the build machine: counts blocks and can be told to run out of memory. */
#pragma once
extern long heap_blocks;  /* alive */
extern long heap_allowed; /* allocations until the next one fails; -1: never */
