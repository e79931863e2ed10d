/* SPDX-License-Identifier: Apache-2.0 */
/* Chip functions of the 8250 family.  The baud divisor is written only when a program asks for
 * another speed: the firmware may know a clock that we do not, and a wrong divisor silences the
 * console. */
#include "ser8250.h"

#include <errno.h>

#include "speed.h"

enum {
    RBR = 0,
    THR = 0,
    DLL = 0,
    IER = 1,
    DLM = 1,
    IIR = 2,
    FCR = 2,
    LCR = 3,
    MCR = 4,
    LSR = 5,
    MSR = 6
};
enum { IER_RX = 0x01, IER_TX = 0x02, IER_LINE = 0x04, IER_MODEM = 0x08 };
enum { LCR_STOP2 = 0x04, LCR_PARITY = 0x08, LCR_EVEN = 0x10, LCR_BREAK = 0x40, LCR_DLAB = 0x80 };
enum { MCR_DTR = 0x01, MCR_RTS = 0x02, MCR_OUT2 = 0x08 };
enum {
    LSR_DATA = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_PARITY = 0x04,
    LSR_FRAME = 0x08,
    LSR_BREAK = 0x10,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40
};
enum { MSR_CTS = 0x10, MSR_DSR = 0x20, MSR_RI = 0x40, MSR_DCD = 0x80 };
enum {
    FCR_ENABLE = 0x01,
    FCR_CLEAR_RX = 0x02,
    FCR_TRIGGER_4 = 0x40,
    FCR_TRIGGER_8 = 0x80,
    FCR_TRIGGER_14 = 0xc0
};

/* Bytes taken per interrupt at most: a stuck status bit must not hold the driver for ever. */
#define RX_BURST 1024

static uint8_t get(const struct ser8250 *chip, unsigned reg)
{
    volatile uint8_t *at = chip->regs + (reg << chip->shift);
    return chip->width == 4 ? (uint8_t) * (volatile uint32_t *)(volatile void *)at : *at;
}

static void put(const struct ser8250 *chip, unsigned reg, uint8_t value)
{
    volatile uint8_t *at = chip->regs + (reg << chip->shift);
    if (chip->width == 4)
        *(volatile uint32_t *)(volatile void *)at = value;
    else
        *at = value;
}

static void set_ier(struct ser8250 *chip, uint8_t ier)
{
    if (ier != chip->ier) {
        chip->ier = ier;
        put(chip, IER, ier);
    }
}

static bool may_send(struct chardev *dev)
{
    struct ser8250 *chip = dev->chip;
    return !(dev->ld.tio.c_cflag & CRTSCTS) || (get(chip, MSR) & MSR_CTS) != 0;
}

static void transmit(struct chardev *dev)
{
    struct ser8250 *chip = dev->chip;
    if (!may_send(dev)) {
        set_ier(chip, chip->ier & (uint8_t)~IER_TX); /* the CTS change interrupts */
        return;
    }
    if (get(chip, LSR) & LSR_THRE) {
        int c;
        for (unsigned n = 0; n < chip->fifo && (c = ldisc_out_get(&dev->ld)) >= 0; n++)
            put(chip, THR, (uint8_t)c);
    }
    /* One interrupt more than there is data: it serves the writers that wait for room. */
    bool more = ldisc_out_pending(&dev->ld) || dev->writers.head != NULL;
    set_ier(chip, (uint8_t)(more ? chip->ier | IER_TX : chip->ier & ~IER_TX));
}

static void receive(struct chardev *dev)
{
    struct ser8250 *chip = dev->chip;
    for (unsigned n = 0; n < RX_BURST && !ldisc_is_full(&dev->ld); n++) {
        uint8_t lsr = get(chip, LSR);
        if (!(lsr & LSR_DATA))
            break;
        uint8_t c = get(chip, RBR);
        enum ld_status status = lsr & LSR_BREAK    ? LD_BREAK
                                : lsr & LSR_FRAME  ? LD_FRAME
                                : lsr & LSR_PARITY ? LD_PARITY
                                                   : LD_OK;
        if (lsr & LSR_OVERRUN)
            dev->ld.lost++;
        ldisc_input(&dev->ld, c, status);
    }
}

static void modem_change(struct chardev *dev)
{
    struct ser8250 *chip = dev->chip;
    uint8_t msr = get(chip, MSR);
    bool lost = (chip->msr & MSR_DCD) && !(msr & MSR_DCD);
    chip->msr = msr;
    if (lost && !(dev->ld.tio.c_cflag & CLOCAL))
        chardev_hangup(dev);
}

static void interrupt(struct chardev *dev)
{
    struct ser8250 *chip = dev->chip;
    (void)get(chip, IIR); /* acknowledges the transmitter's interrupt */
    receive(dev);
    modem_change(dev);
    transmit(dev);
}

static int set_line(struct chardev *dev, const struct termios *old, const struct termios *wanted)
{
    static const uint8_t bits[] = {0, 1, 2, 3}; /* CS5..CS8 */
    struct ser8250 *chip = dev->chip;
    unsigned divisor = 0;
    if (cfgetospeed(wanted) != cfgetospeed(old) && cfgetospeed(wanted) != B0) {
        unsigned bps = speed_to_bps(cfgetospeed(wanted));
        if (bps == 0 || chip->clock_hz == 0)
            return EINVAL;
        divisor = (chip->clock_hz + bps * 8) / (bps * 16);
        if (divisor == 0 || divisor > 0xffff ||
            speed_from_bps(chip->clock_hz / (16 * divisor)) != cfgetospeed(wanted))
            return EINVAL;
    }
    unsigned size = wanted->c_cflag & CSIZE;
    uint8_t lcr = bits[size == CS5 ? 0 : size == CS6 ? 1 : size == CS7 ? 2 : 3];
    lcr |= wanted->c_cflag & CSTOPB ? LCR_STOP2 : 0;
    lcr |= wanted->c_cflag & PARENB ? LCR_PARITY : 0;
    lcr |= wanted->c_cflag & PARODD ? 0 : wanted->c_cflag & PARENB ? LCR_EVEN : 0;
    lcr |= chip->lcr & LCR_BREAK;
    if (divisor != 0) {
        put(chip, LCR, lcr | LCR_DLAB);
        put(chip, DLL, (uint8_t)divisor);
        put(chip, DLM, (uint8_t)(divisor >> 8));
    }
    if (divisor != 0 || lcr != chip->lcr)
        put(chip, LCR, lcr);
    chip->lcr = lcr;
    uint8_t ier = chip->ier & (uint8_t)~IER_MODEM;
    if ((wanted->c_cflag & CRTSCTS) || !(wanted->c_cflag & CLOCAL))
        ier |= IER_MODEM;
    set_ier(chip, ier);
    return EOK;
}

static bool is_idle(struct chardev *dev)
{
    return (get(dev->chip, LSR) & LSR_TEMT) != 0;
}

static void set_break(struct chardev *dev, bool on)
{
    struct ser8250 *chip = dev->chip;
    chip->lcr = (uint8_t)(on ? chip->lcr | LCR_BREAK : chip->lcr & ~LCR_BREAK);
    put(chip, LCR, chip->lcr);
}

static unsigned modem(struct chardev *dev, unsigned set, unsigned clear)
{
    struct ser8250 *chip = dev->chip;
    if (set | clear) {
        uint8_t on = (uint8_t)((set & TIOCM_DTR ? MCR_DTR : 0) | (set & TIOCM_RTS ? MCR_RTS : 0));
        uint8_t off =
            (uint8_t)((clear & TIOCM_DTR ? MCR_DTR : 0) | (clear & TIOCM_RTS ? MCR_RTS : 0));
        chip->mcr = (uint8_t)((chip->mcr | on) & ~off);
        put(chip, MCR, chip->mcr);
    }
    uint8_t msr = get(chip, MSR);
    return (chip->mcr & MCR_DTR ? TIOCM_DTR : 0u) | (chip->mcr & MCR_RTS ? TIOCM_RTS : 0u) |
           (msr & MSR_CTS ? TIOCM_CTS : 0u) | (msr & MSR_DSR ? TIOCM_DSR : 0u) |
           (msr & MSR_RI ? TIOCM_RI : 0u) | (msr & MSR_DCD ? TIOCM_CD : 0u);
}

/* What is not read stays in the FIFO; its interrupts would come without end. */
static void hold(struct chardev *dev, bool on)
{
    struct ser8250 *chip = dev->chip;
    uint8_t rx = IER_RX | IER_LINE;
    set_ier(chip, (uint8_t)(on ? chip->ier & ~rx : chip->ier | rx));
}

static void throttle(struct chardev *dev, bool on)
{
    modem(dev, on ? 0 : TIOCM_RTS, on ? TIOCM_RTS : 0);
}

const struct chip_ops ser8250_ops = {
    .transmit = transmit,
    .interrupt = interrupt,
    .set_line = set_line,
    .is_idle = is_idle,
    .set_break = set_break,
    .modem = modem,
    .hold = hold,
    .throttle = throttle,
};

static uint8_t trigger_bits(int rx_trigger)
{
    return rx_trigger == 14                    ? FCR_TRIGGER_14
           : rx_trigger == 8 || rx_trigger < 0 ? FCR_TRIGGER_8
           : rx_trigger == 4                   ? FCR_TRIGGER_4
                                               : 0;
}

void ser8250_init(struct ser8250 *chip, struct ldisc *ld, int rx_trigger, int tx_bytes)
{
    chip->lcr = get(chip, LCR) & (uint8_t) ~(LCR_DLAB | LCR_BREAK);
    put(chip, LCR, chip->lcr | LCR_DLAB);
    unsigned divisor = get(chip, DLL) | (unsigned)get(chip, DLM) << 8;
    put(chip, LCR, chip->lcr);

    speed_t speed =
        divisor != 0 && chip->clock_hz != 0 ? speed_from_bps(chip->clock_hz / (16 * divisor)) : B0;
    struct termios tio = ld->tio;
    if (speed == B0)
        speed = B115200; /* what the firmware of every board we know leaves */
    cfsetospeed(&tio, speed);
    cfsetispeed(&tio, speed);
    static const tcflag_t size[] = {CS5, CS6, CS7, CS8};
    tio.c_cflag =
        (tio.c_cflag & ~(tcflag_t)(CSIZE | CSTOPB | PARENB | PARODD)) | size[chip->lcr & 3];
    tio.c_cflag |= chip->lcr & LCR_STOP2 ? CSTOPB : 0;
    tio.c_cflag |= chip->lcr & LCR_PARITY ? PARENB | (chip->lcr & LCR_EVEN ? 0 : PARODD) : 0;
    ldisc_set_termios(ld, &tio);

    put(chip, FCR, (uint8_t)(FCR_ENABLE | trigger_bits(rx_trigger)));
    chip->fifo = (get(chip, IIR) & 0xc0) == 0xc0 ? 16 : 1;
    if (tx_bytes >= 0 && (unsigned)tx_bytes < chip->fifo)
        chip->fifo = tx_bytes > 0 ? (unsigned)tx_bytes : 1;
    chip->mcr = MCR_DTR | MCR_RTS | MCR_OUT2;
    put(chip, MCR, chip->mcr);
    chip->msr = get(chip, MSR);
    chip->ier = IER_RX | IER_LINE;
    if (!(tio.c_cflag & CLOCAL) || (tio.c_cflag & CRTSCTS))
        chip->ier |= IER_MODEM;
    put(chip, IER, chip->ier);
}
