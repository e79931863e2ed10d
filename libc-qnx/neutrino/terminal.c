/* SPDX-License-Identifier: Apache-2.0 */
/* Neutrino's terminal calls beyond POSIX. */
#include <devctl.h>
#include <stdint.h>
#include <sys/dcmd_chr.h>
#include <termios.h>
#include <unistd.h>
#include "kcall.h"

static int control(int fd, int dcmd, void *data, size_t n)
{
    return __qrv_ok(-(long)devctl(fd, dcmd, data, n, 0));
}

int tcischars(int fd)
{
    int n = 0;
    return control(fd, DCMD_CHR_ISCHARS, &n, sizeof n) == -1 ? -1 : n;
}

int tcgetsize(int fd, int *rows, int *cols)
{
    struct chr_winsize w = {0, 0, 0, 0};
    if (control(fd, DCMD_CHR_GETSIZE, &w, sizeof w) == -1)
        return -1;
    if (rows)
        *rows = w.ws_row;
    if (cols)
        *cols = w.ws_col;
    return 0;
}

int tcsetsize(int fd, int rows, int cols)
{
    struct chr_winsize w = {(uint16_t)rows, (uint16_t)cols, 0, 0};
    return control(fd, DCMD_CHR_SETSIZE, &w, sizeof w);
}

int tcsetsid(int fd, pid_t sid)
{
    return control(fd, DCMD_CHR_TCSETSID, &sid, sizeof sid);
}

/* Drops DTR and RTS for that many milliseconds: the other end sees a modem hang up. */
int tcdropline(int fd, int duration)
{
    int off = _SERCTL_DTR_CHG | _SERCTL_RTS_CHG, on = off | _SERCTL_DTR | _SERCTL_RTS;
    if (control(fd, DCMD_CHR_SERCTL, &off, sizeof off) == -1)
        return -1;
    delay(duration > 0 ? (unsigned)duration : 300);
    return control(fd, DCMD_CHR_SERCTL, &on, sizeof on);
}

/* Puts characters into the line as if typed; a negative n means -n of them, without the effect of
 * control characters. */
int tcinject(int fd, char *buf, int n)
{
    int raw = n < 0;
    for (int i = 0, len = raw ? -n : n; i < len; i++)
        if (control(fd, raw ? DCMD_CHR_TCINJECTR : DCMD_CHR_TCINJECTC, &buf[i], 1) == -1)
            return -1;
    return 0;
}
