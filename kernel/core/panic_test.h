/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to break a kernel with QRV_LOCK_DEBUG on purpose, for tests/boot/panics: a word panic-test=NAME among the boot arguments. */
#pragma once

void panic_test(void);      /* the boot hart, before it schedules */
void panic_test_hart(void); /* the others, before they do */
