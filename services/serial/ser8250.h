/* SPDX-License-Identifier: Apache-2.0 */
/* 8250 family (16450, 16550, ns16550a): registers and chip functions.  No system call but those of
 * `map`. */
#pragma once
#include "chardev.h"

struct ser8250 {
    volatile uint8_t *regs;
    unsigned shift;    /* registers are 1 << shift bytes apart */
    unsigned width;    /* access: 1 or 4 bytes */
    unsigned clock_hz; /* of the baud generator, 0 unknown: the speed cannot be changed */
    unsigned fifo;     /* bytes to send per interrupt */
    uint8_t ier, mcr, lcr;
    uint8_t msr; /* seen last */
};

extern const struct chip_ops ser8250_ops;

/* Enables receiver and FIFO; the divisor that the firmware left stays.  Fills in the speed it
 * stands for. */
void ser8250_init(struct ser8250 *chip, struct ldisc *ld, int rx_trigger, int tx_bytes);
