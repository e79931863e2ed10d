/* SPDX-License-Identifier: Apache-2.0 */
/* Chip functions of the SiFive UART (FU540/FU740 manual, chapter "UART"): 8-entry FIFOs, no parity
 * or modem lines, no way to send a break.  As with the 8250 the firmware's divisor stays until a
 * program asks for another speed. */
#include "sersifive.h"

#include <errno.h>

#include "speed.h"

enum {
    TXDATA = 0x00,
    RXDATA = 0x04,
    TXCTRL = 0x08,
    RXCTRL = 0x0c,
    IE = 0x10,
    IP = 0x14,
    DIV = 0x18
};
enum { CTRL_ENABLE = 0x1, CTRL_STOP2 = 0x2, WATERMARK_SHIFT = 16, IE_TX = 0x1, IE_RX = 0x2 };
#define DATA_FLAG    0x80000000u /* txdata: full, rxdata: empty */
#define TX_WATERMARK 1u          /* interrupt when fewer bytes than this are queued */
#define RX_BURST     1024

static uint32_t get(const struct sersifive *chip, unsigned reg)
{
    return chip->regs[reg / 4];
}

static void put(const struct sersifive *chip, unsigned reg, uint32_t value)
{
    chip->regs[reg / 4] = value;
}

static void set_interrupts(struct chardev *dev)
{
    bool more = ldisc_out_pending(&dev->ld) || dev->writers.head != NULL;
    put(dev->chip, IE, (more ? IE_TX : 0) | (dev->is_held ? 0 : IE_RX));
}

static void transmit(struct chardev *dev)
{
    struct sersifive *chip = dev->chip;
    int c;
    while (ldisc_out_pending(&dev->ld) && !(get(chip, TXDATA) & DATA_FLAG) &&
           (c = ldisc_out_get(&dev->ld)) >= 0)
        put(chip, TXDATA, (uint32_t)c);
    set_interrupts(dev);
}

static void interrupt(struct chardev *dev)
{
    struct sersifive *chip = dev->chip;
    for (unsigned n = 0; n < RX_BURST && !ldisc_is_full(&dev->ld); n++) {
        uint32_t data = get(chip, RXDATA);
        if (data & DATA_FLAG)
            break;
        ldisc_input(&dev->ld, (uint8_t)data, LD_OK);
    }
    transmit(dev);
}

static int set_line(struct chardev *dev, const struct termios *old, const struct termios *wanted)
{
    struct sersifive *chip = dev->chip;
    if ((wanted->c_cflag & CSIZE) != CS8 || (wanted->c_cflag & (PARENB | CRTSCTS)) != 0)
        return EINVAL;
    if (cfgetospeed(wanted) != cfgetospeed(old) && cfgetospeed(wanted) != B0) {
        unsigned bps = speed_to_bps(cfgetospeed(wanted));
        if (bps == 0 || chip->clock_hz == 0)
            return EINVAL;
        unsigned divisor = (chip->clock_hz + bps / 2) / bps;
        if (divisor < 16 || divisor > 0xffff)
            return EINVAL;
        put(chip, DIV, divisor - 1);
    }
    put(chip, TXCTRL,
        CTRL_ENABLE | (wanted->c_cflag & CSTOPB ? CTRL_STOP2 : 0) |
            TX_WATERMARK << WATERMARK_SHIFT);
    return EOK;
}

/* With a watermark of 1 the pending bit says that the FIFO is empty; the byte in the shifter is not
 * visible. */
static bool is_idle(struct chardev *dev)
{
    return (get(dev->chip, IP) & IE_TX) != 0;
}

static void set_break(struct chardev *dev, bool on)
{
    (void)dev, (void)on;
}

static void hold(struct chardev *dev, bool on)
{
    (void)on; /* chardev.is_held says so */
    set_interrupts(dev);
}

const struct chip_ops sersifive_ops = {
    .transmit = transmit,
    .interrupt = interrupt,
    .set_line = set_line,
    .is_idle = is_idle,
    .set_break = set_break,
    .modem = chardev_no_modem,
    .hold = hold,
    .throttle = chardev_no_throttle,
};

void sersifive_init(struct sersifive *chip, struct ldisc *ld)
{
    speed_t speed =
        chip->clock_hz != 0 ? speed_from_bps(chip->clock_hz / ((get(chip, DIV) & 0xffff) + 1)) : B0;
    struct termios tio = ld->tio;
    if (speed == B0)
        speed = B115200;
    cfsetospeed(&tio, speed);
    cfsetispeed(&tio, speed);
    tio.c_cflag &= ~(tcflag_t)CRTSCTS;
    ldisc_set_termios(ld, &tio);
    put(chip, TXCTRL, CTRL_ENABLE | TX_WATERMARK << WATERMARK_SHIFT);
    put(chip, RXCTRL, CTRL_ENABLE);
    put(chip, IE, IE_RX);
}
