/* SPDX-License-Identifier: Apache-2.0 */
/* devc-sersifive: serial ports of SiFive's FU540 and FU740. */
/* clang-format off */
#ifdef __USAGE
%C - serial driver for SiFive UARTs

%C [[options] [address[,irq]]]...

Without an address it takes the console of the device tree.  Options count for the ports
behind them.
 address   physical address of the registers, hexadecimal
 ,irq      interrupt
 -b baud   speed (default: what the firmware has set)
 -c hertz  clock of the baud generator (default: what the device tree says)
 -e        edited mode: lines, echo, signals
 -E        raw mode (default)
 -s  -S    with or without software flow control, XON/XOFF
 -u unit   number of the first port: /dev/ser<unit> (default 1)
 -o nodaemon  stay in the foreground
 -o optional  end quietly when there is no address and the console is of another kind
#endif
/* clang-format on */
#include <errno.h>

#include "devc_main.h"
#include "sersifive.h"

static int open_port(struct chardev *dev, const struct port_spec *port, void **chip_out)
{
    void *regs;
    struct sersifive *chip = devc_chip(sizeof *chip, port, 0x20, &regs);
    if (chip == NULL)
        return errno;
    chip->regs = regs;
    chip->clock_hz = port->clock_hz;
    sersifive_init(chip, &dev->ld);
    *chip_out = chip;
    return EOK;
}

int main(int argc, char **argv)
{
    static const struct devc_driver driver = {
        .name = "devc-sersifive",
        .compatible = "sifive,uart0 sifive,fu540-c000-uart sifive,fu740-c000-uart",
        .open_port = open_port,
        .ops = &sersifive_ops,
    };
    return devc_main(argc, argv, &driver);
}
