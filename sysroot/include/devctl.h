/* SPDX-License-Identifier: Apache-2.0 */
/* Device control commands.  Bit 31 data to the device, bit 30 data from it, bits 16-29 the size of
 * the data, bits 8-15 a class, bits 0-7 the command (documented encoding). */
#pragma once
#include <stdint.h>
#include <stddef.h>
#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS

struct iovec;

#define _POSIX_DEVDIR_NONE     0
#define _POSIX_DEVDIR_TO       0x80000000U
#define _POSIX_DEVDIR_FROM     0x40000000U
#define _POSIX_DEVDIR_TOFROM   (_POSIX_DEVDIR_TO | _POSIX_DEVDIR_FROM)
#define _POSIX_DEVDIR_CMD_MASK 0x0000ffffU

#define __DIOC(dir, size, class, cmd)                                                              \
    ((int)((dir) | (((unsigned)(size)&0x3fffU) << 16) | ((unsigned)(class) << 8) | (unsigned)(cmd)))
#define __DION(class, cmd)        __DIOC(_POSIX_DEVDIR_NONE, 0, class, cmd)
#define __DIOF(class, cmd, data)  __DIOC(_POSIX_DEVDIR_FROM, sizeof(data), class, cmd)
#define __DIOT(class, cmd, data)  __DIOC(_POSIX_DEVDIR_TO, sizeof(data), class, cmd)
#define __DIOTF(class, cmd, data) __DIOC(_POSIX_DEVDIR_TOFROM, sizeof(data), class, cmd)

#define get_device_command(cmd)   ((unsigned)(cmd)&_POSIX_DEVDIR_CMD_MASK)
#define get_device_direction(cmd) ((unsigned)(cmd)&_POSIX_DEVDIR_TOFROM)

/* clang-format off */
#define _CMD_IOCTL_TTY 't'
#define _DCMD_ALL   0x01
#define _DCMD_FSYS  0x02
#define _DCMD_CHR   0x03
#define _DCMD_NP    0x04
#define _DCMD_MISC  0x05
#define _DCMD_IP    0x06
#define _DCMD_BLK   0x07
#define _DCMD_CAM   0x08
#define _DCMD_MEM   0x09
#define _DCMD_NET   0x0a
#define _DCMD_PROC  0x0b
#define _DCMD_MIXER 0x0c
#define _DCMD_I2C   0x0d
#define _DCMD_SPI   0x0e
#define _DCMD_INPUT 0x0f
#define _DCMD_PHOTON 0x10
#define _DCMD_F3S   0x11
/* clang-format on */

/* EOK or an errno value, which is not stored in errno; *info gets the driver's return value.
 * Blocks as long as the device takes. */
int devctl(int fd, int dcmd, void *data, size_t nbytes, int *info);
int devctlv(int fd, int dcmd, int sparts, int rparts, const struct iovec *siov,
            const struct iovec *riov, int *info);

__END_DECLS
