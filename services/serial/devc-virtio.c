/* SPDX-License-Identifier: Apache-2.0 */
/* devc-virtio: a port of a virtio console as a character device. */
/* clang-format off */
#ifdef __USAGE
%C - character device on a virtio console port

%C [-o nodaemon] [-o optional]

Serves the first port of the first virtio console as /dev/vcon1, in raw mode.  On the build machine
the port is a socket or a pipe of the emulator; when its other end closes, programs read an end of file.
 -o nodaemon  stay in the foreground
 -o optional  end quietly when there is no such device
#endif
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procmgr.h>
#include <unistd.h>

#include "vcon.h"

static int complain(const char *what, int error)
{
    fprintf(stderr, "devc-virtio: %s: %s\n", what, strerror(error));
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct chardev dev;
    static struct vcon chip;
    bool stays = false, is_optional = false;
    int option, error;
    while ((option = getopt(argc, argv, "o:")) != -1) {
        if (option != 'o' || (strcmp(optarg, "nodaemon") != 0 && strcmp(optarg, "optional") != 0))
            return EXIT_FAILURE;
        stays = stays || optarg[0] == 'n';
        is_optional = is_optional || optarg[0] == 'o';
    }
    if (ThreadCtl(_NTO_TCTL_IO, 0) == -1)
        return complain("I/O privilege", errno);
    error = vcon_find(&chip);
    if (error == ENODEV && is_optional)
        return EXIT_SUCCESS;
    if (error != EOK)
        return complain("virtio console", error);
    ldisc_init(&dev.ld);
    ldisc_preset(&dev.ld, false);
    error = chardev_setup();
    if (error == EOK)
        error = chardev_claim(&dev, chip.device.irq);
    if (error == EOK)
        error = vcon_start(&chip);
    if (error == EOK)
        error = chardev_attach(&dev, "/dev/vcon1", &vcon_ops, &chip);
    if (error != EOK)
        return complain("/dev/vcon1", error);
    if (!stays && procmgr_daemon(EXIT_SUCCESS, 0) == -1)
        return complain("daemon", errno);
    chardev_run();
    return EXIT_FAILURE;
}
