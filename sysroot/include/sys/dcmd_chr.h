/* SPDX-License-Identifier: Apache-2.0 */
/* devctl()s of character devices. */
#pragma once
#include <devctl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <termios.h>

struct chr_winsize {
    uint16_t ws_row, ws_col, ws_xpixel, ws_ypixel;
};

/* clang-format off */
#define DCMD_CHR_ISATTY     __DION(_DCMD_CHR, 1)
#define DCMD_CHR_ISCHARS    __DIOF(_DCMD_CHR, 2, int)
#define DCMD_CHR_OSCHARS    __DIOF(_DCMD_CHR, 3, int)
#define DCMD_CHR_ISSIZE     __DIOF(_DCMD_CHR, 4, int)
#define DCMD_CHR_OSSIZE     __DIOF(_DCMD_CHR, 5, int)
#define DCMD_CHR_GETSIZE    __DIOF(_DCMD_CHR, 6, struct chr_winsize)
#define DCMD_CHR_SETSIZE    __DIOT(_DCMD_CHR, 7, struct chr_winsize)
#define DCMD_CHR_TCGETATTR  __DIOF(_DCMD_CHR, 8, struct termios)
#define DCMD_CHR_TCSETATTR  __DIOT(_DCMD_CHR, 9, struct termios)
#define DCMD_CHR_TCSETATTRD __DIOT(_DCMD_CHR, 10, struct termios)
#define DCMD_CHR_TCSETATTRF __DIOT(_DCMD_CHR, 11, struct termios)
#define DCMD_CHR_TCGETSID   __DIOF(_DCMD_CHR, 12, pid_t)
#define DCMD_CHR_TCSETSID   __DIOT(_DCMD_CHR, 13, pid_t)
#define DCMD_CHR_TCGETPGRP  __DIOF(_DCMD_CHR, 14, pid_t)
#define DCMD_CHR_TCSETPGRP  __DIOT(_DCMD_CHR, 15, pid_t)
#define DCMD_CHR_TCDRAIN    __DION(_DCMD_CHR, 16)
#define DCMD_CHR_TCFLOW     __DIOT(_DCMD_CHR, 17, int)
#define DCMD_CHR_TCFLUSH    __DIOT(_DCMD_CHR, 18, int)
#define DCMD_CHR_TCSENDBREAK __DIOT(_DCMD_CHR, 19, int)
#define DCMD_CHR_TCINJECTC  __DIOT(_DCMD_CHR, 20, char)
#define DCMD_CHR_TCINJECTR  __DIOT(_DCMD_CHR, 21, char)
#define DCMD_CHR_LINESTATUS __DIOF(_DCMD_CHR, 22, int)
#define DCMD_CHR_SERCTL     __DIOT(_DCMD_CHR, 23, int)
#define DCMD_CHR_RESET      __DION(_DCMD_CHR, 24)
#define DCMD_CHR_WAITINFO   __DIOF(_DCMD_CHR, 25, int)
#define DCMD_CHR_PARCTL     __DIOT(_DCMD_CHR, 26, int)
#define DCMD_CHR_PNPTEXT    __DION(_DCMD_CHR, 27)

/* DCMD_CHR_LINESTATUS */
#define _LINESTATUS_SER_CTS 0x0010
#define _LINESTATUS_SER_DSR 0x0020
#define _LINESTATUS_SER_RI  0x0040
#define _LINESTATUS_SER_CD  0x0080
#define _LINESTATUS_SER_RTS 0x0002
#define _LINESTATUS_SER_DTR 0x0001
/* DCMD_CHR_SERCTL: _CHG selects, the other gives the level */
#define _SERCTL_DTR     0x0001
#define _SERCTL_DTR_CHG 0x0100
#define _SERCTL_RTS     0x0002
#define _SERCTL_RTS_CHG 0x0200
#define _SERCTL_BRK     0x0004
#define _SERCTL_BRK_CHG 0x0400
/* clang-format on */
