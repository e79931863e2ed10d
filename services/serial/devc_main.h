/* SPDX-License-Identifier: Apache-2.0 */
/* Command line that all devc-ser* drivers share: options, then ports "address[^shift][,irq]";
 * options count for the ports behind them.  The chip gives these functions. */
#pragma once
#include "chardev.h"

struct port_spec {
    uint64_t address;
    unsigned shift, width; /* width 0: follows from shift */
    int irq;               /* -1 none given */
    unsigned baud;         /* -b, 0: the firmware's */
    unsigned clock_hz;     /* -c, 0 unknown */
    bool edited;           /* -e */
    int hardware_flow;     /* -f 1, -F 0, -1 not said */
    int software_flow;     /* -s 1, -S 0, -1 not said */
    int rx_trigger;        /* -t: bytes in the receive FIFO that interrupt, -1 not said */
    int tx_bytes;          /* -T: bytes to send per interrupt, -1 not said */
    unsigned unit;
};

struct devc_driver {
    const char *name;       /* program */
    const char *compatible; /* the console of the device tree that is ours, NULL-terminated list
                               with blanks */
    /* Maps and initialises the port: dev->ld is initialised, attributes of the port go there.  0 or
     * errno. */
    int (*open_port)(struct chardev *dev, const struct port_spec *port, void **chip);
    const struct chip_ops *ops;
    bool has_fifo_options; /* -t and -T mean something */
};

/* Memory for a chip's state, zeroed, and the registers of the port; NULL and errno. */
void *devc_chip(size_t size, const struct port_spec *port, size_t register_bytes, void **registers);
int devc_main(int argc, char **argv, const struct devc_driver *driver);
