/* SPDX-License-Identifier: Apache-2.0 */
/* main() of the devc-ser* drivers: options, ports, start-up, daemon.  See devc_main.h. */
#include "devc_main.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/procmgr.h>
#include <sys/stat.h>
#include <sys/syspage.h>
#include <unistd.h>

#include "speed.h"

struct settings {
    struct port_spec port;
    bool stay;     /* -o nodaemon */
    bool optional; /* -o optional */
    unsigned ports;
};

static int complain(const struct devc_driver *driver, const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", driver->name, what, why);
    return EXIT_FAILURE;
}

static bool parse_number(const char *text, int base, uint64_t max, uint64_t *value, char **end)
{
    if (*text == '-' || *text == '+' || *text == ' ')
        return false;
    errno = 0;
    *value = strtoull(text, end, base);
    return errno == 0 && *end != text && *value <= max;
}

static bool parse_whole(const char *text, uint64_t max, unsigned *value)
{
    uint64_t wide;
    char *end;
    if (!parse_number(text, 0, max, &wide, &end) || *end != '\0')
        return false;
    *value = (unsigned)wide;
    return true;
}

/* address[^shift][,irq]: the address is hexadecimal, the others decimal unless they begin with 0x.
 */
static bool parse_port(const char *text, struct port_spec *port)
{
    uint64_t value;
    char *end;
    if (!parse_number(text, 16, 1UL << 56, &value, &end))
        return false;
    port->address = value;
    port->shift = 0;
    port->irq = -1;
    if (*end == '^') {
        if (!parse_number(end + 1, 0, 4, &value, &end))
            return false;
        port->shift = (unsigned)value;
    }
    if (*end == ',') {
        if (!parse_number(end + 1, 0, 4095, &value, &end))
            return false;
        port->irq = (int)value;
    }
    return *end == '\0';
}

static bool is_compatible(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; len > 0 && (at = strstr(at, name)) != NULL; at += len) {
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* What the device tree says of the port at this address completes what the user left out. */
static void complete_from_syspage(struct port_spec *port)
{
    const struct qrv_syspage *page = (const void *)QRV_SYSPAGE_ADDR;
    if (page->console.paddr != port->address)
        return;
    if (port->irq < 0)
        port->irq = (int)page->console.irq;
    if (port->shift == page->console.reg_shift)
        port->width = page->console.reg_io_width;
    if (port->clock_hz == 0)
        port->clock_hz = page->console.clock_hz;
}

static void apply_flow(struct ldisc *ld, const struct port_spec *port)
{
    struct termios tio = ld->tio;
    if (port->hardware_flow == 1)
        tio.c_cflag |= CRTSCTS;
    if (port->software_flow >= 0)
        tio.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
    if (port->software_flow == 1)
        tio.c_iflag |= IXON | IXOFF;
    ldisc_set_termios(ld, &tio);
}

static int start_port(const struct devc_driver *driver, struct settings *settings)
{
    struct port_spec port = settings->port;
    char path[32];
    void *chip;
    complete_from_syspage(&port);
    if (port.width == 0)
        port.width = port.shift == 2 ? 4 : 1;
    snprintf(path, sizeof path, "/dev/ser%u", port.unit);
    struct stat st;
    if (stat(path, &st) == 0)
        return complain(driver, path, "is there already; -u gives another number");

    struct chardev *dev = calloc(1, sizeof *dev);
    if (dev == NULL)
        return complain(driver, path, strerror(ENOMEM));
    ldisc_init(&dev->ld);
    ldisc_preset(&dev->ld, port.edited);
    apply_flow(&dev->ld, &port);
    if (port.irq <= 0)
        return complain(driver, path, "which interrupt? give address,irq");
    int error = chardev_claim(dev, port.irq);
    if (error == EOK)
        error = driver->open_port(dev, &port, &chip);
    if (error == EOK)
        error = chardev_attach(dev, path, driver->ops, chip);
    if (error == EOK && port.baud != 0) {
        struct termios tio = dev->ld.tio;
        speed_t speed = speed_from_bps(port.baud);
        cfsetispeed(&tio, speed);
        cfsetospeed(&tio, speed);
        error = speed == B0 ? EINVAL : chardev_apply(dev, &tio);
        if (error != EOK)
            return complain(driver, path, "the port cannot run at that speed");
    }
    if (error != EOK)
        return complain(driver, path, strerror(error));
    settings->port.unit++;
    settings->ports++;
    return EXIT_SUCCESS;
}

/* The levels that the 16550 has; 0: as if there were no FIFO. */
static bool parse_fifo(const char *text, int *level)
{
    unsigned n;
    if (!parse_whole(text, 14, &n) || (n != 0 && n != 1 && n != 4 && n != 8 && n != 14))
        return false;
    *level = (int)n;
    return true;
}

static int parse_option(const struct devc_driver *driver, struct settings *settings, int option)
{
    struct port_spec *port = &settings->port;
    bool good = true;
    switch (option) {
    case 'b':
        good = parse_whole(optarg, 10000000, &port->baud) && speed_from_bps(port->baud) != B0;
        break;
    case 'c':
        good = parse_whole(optarg, 4000000000u, &port->clock_hz);
        break;
    case 't':
        good = driver->has_fifo_options && parse_fifo(optarg, &port->rx_trigger);
        break;
    case 'T':
        good = driver->has_fifo_options && parse_fifo(optarg, &port->tx_bytes);
        break;
    case 'u':
        good = parse_whole(optarg, 999, &port->unit);
        break;
    case 'o':
        good = strcmp(optarg, "nodaemon") == 0 || strcmp(optarg, "optional") == 0;
        settings->stay = settings->stay || optarg[0] == 'n';
        settings->optional = settings->optional || optarg[0] == 'o';
        break;
    case 'e':
        port->edited = true;
        port->software_flow = -1;
        break;
    case 'E':
        port->edited = false;
        port->software_flow = -1;
        break;
    case 'f':
    case 'F':
        port->hardware_flow = option == 'f';
        break;
    case 's':
    case 'S':
        port->software_flow = option == 's';
        break;
    default:
        return EXIT_FAILURE; /* getopt() has said what */
    }
    if (!good) {
        fprintf(stderr, "%s: -%c %s: not understood\n", driver->name, option, optarg);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

static bool console_is_ours(const struct devc_driver *driver)
{
    const struct qrv_syspage *page = (const void *)QRV_SYSPAGE_ADDR;
    return page->console.paddr != 0 && is_compatible(driver->compatible, page->console.compatible);
}

static int start_console(const struct devc_driver *driver, struct settings *settings)
{
    const struct qrv_syspage *page = (const void *)QRV_SYSPAGE_ADDR;
    if (!console_is_ours(driver)) {
        fprintf(stderr, "%s: the console is not a port of mine; give address[^shift],irq\n",
                driver->name);
        return EXIT_FAILURE;
    }
    settings->port.address = page->console.paddr;
    settings->port.shift = page->console.reg_shift;
    settings->port.irq = (int)page->console.irq;
    return start_port(driver, settings);
}

void *devc_chip(size_t size, const struct port_spec *port, size_t register_bytes, void **registers)
{
    void *chip = calloc(1, size);
    if (chip == NULL)
        return NULL;
    *registers = mmap_device_memory(NULL, register_bytes, PROT_READ | PROT_WRITE | PROT_NOCACHE, 0, port->address);
    if (*registers != MAP_FAILED)
        return chip;
    int error = errno;
    free(chip);
    errno = error;
    return NULL;
}

int devc_main(int argc, char **argv, const struct devc_driver *driver)
{
    struct settings settings = {.port = {.irq = -1,
                                         .hardware_flow = -1,
                                         .software_flow = -1,
                                         .rx_trigger = -1,
                                         .tx_bytes = -1,
                                         .unit = 1}};
    if (ThreadCtl(_NTO_TCTL_IO, 0) == -1)
        return complain(driver, "I/O privilege", strerror(errno));
    int error = chardev_setup();
    if (error != EOK)
        return complain(driver, "dispatch", strerror(error));
    while (optind < argc) {
        int option = getopt(argc, argv, "+b:c:eEfFo:sSt:T:u:");
        int status = EXIT_SUCCESS;
        if (option != -1) {
            status = parse_option(driver, &settings, option);
        } else if (optind < argc) {
            const char *text = argv[optind++];
            if (!parse_port(text, &settings.port))
                return complain(driver, text, "not a port: address[^shift][,irq]");
            status = start_port(driver, &settings);
        }
        if (status != EXIT_SUCCESS)
            return status;
    }
    if (settings.ports == 0 && settings.optional && !console_is_ours(driver))
        return EXIT_SUCCESS;
    if (settings.ports == 0 && start_console(driver, &settings) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    if (!settings.stay && procmgr_daemon(EXIT_SUCCESS, 0) == -1)
        return complain(driver, "daemon", strerror(errno));
    chardev_run();
    return EXIT_FAILURE;
}
