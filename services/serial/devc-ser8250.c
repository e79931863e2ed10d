/* SPDX-License-Identifier: Apache-2.0 */
/* devc-ser8250: serial ports of the 8250 family. */
/* clang-format off */
#ifdef __USAGE
%C - serial driver for the 8250 family (16450, 16550, ns16550a)

%C [[options] [address[^shift][,irq]]]...

Without an address it takes the console of the device tree.  Options count for the ports
behind them.
 address   physical address of the registers, hexadecimal
 ^shift    registers are 1 << shift bytes apart (default 0)
 ,irq      interrupt
 -b baud   speed (default: what the firmware has set)
 -c hertz  clock of the baud generator (default: what the device tree says)
 -e        edited mode: lines, echo, signals
 -E        raw mode (default)
 -f  -F    with or without hardware flow control, RTS/CTS (default: without)
 -s  -S    with or without software flow control, XON/XOFF
 -t number receive interrupt at 1, 4, 8 or 14 bytes in the FIFO (default 8)
 -T number bytes to send per interrupt: 1, 4, 8 or 14 (default: the whole FIFO)
 -u unit   number of the first port: /dev/ser<unit> (default 1)
 -o nodaemon  stay in the foreground
 -o optional  end quietly when there is no address and the console is of another kind
#endif
/* clang-format on */
#include <errno.h>

#include "devc_main.h"
#include "ser8250.h"

static int open_port(struct chardev *dev, const struct port_spec *port, void **chip_out)
{
    void *regs;
    struct ser8250 *chip = devc_chip(sizeof *chip, port, (size_t)8 << port->shift, &regs);
    if (chip == NULL)
        return errno;
    chip->regs = regs;
    chip->shift = port->shift;
    chip->width = port->width;
    chip->clock_hz = port->clock_hz;
    ser8250_init(chip, &dev->ld, port->rx_trigger, port->tx_bytes);
    *chip_out = chip;
    return EOK;
}

int main(int argc, char **argv)
{
    static const struct devc_driver driver = {
        .name = "devc-ser8250",
        .compatible = "ns16550a ns16550 ns16450 ns8250 snps,dw-apb-uart",
        .open_port = open_port,
        .ops = &ser8250_ops,
        .has_fifo_options = true,
    };
    return devc_main(argc, argv, &driver);
}
