/* SPDX-License-Identifier: Apache-2.0 */
/* dircntl(): flags of an open directory.  Servers send no stat data with their entries, so asking
 * for it changes nothing and reads back as not set. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>

int dircntl(DIR *dir, int cmd, ...)
{
    va_list ap;
    int flags;
    (void)dir;
    switch (cmd) {
    case D_GETFLAG:
        return 0;
    case D_SETFLAG:
        va_start(ap, cmd);
        flags = va_arg(ap, int);
        va_end(ap);
        if (!(flags & ~(D_FLAG_FILTER | D_FLAG_STAT)))
            return 0;
    }
    errno = EINVAL;
    return -1;
}
