/* SPDX-License-Identifier: Apache-2.0 */
/* SiFive UART: registers and chip functions. */
#pragma once
#include "chardev.h"

struct sersifive {
    volatile uint32_t *regs;
    unsigned clock_hz; /* 0 unknown: the speed cannot be changed */
};

extern const struct chip_ops sersifive_ops;

void sersifive_init(struct sersifive *chip, struct ldisc *ld);
