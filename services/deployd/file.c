/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <unistd.h>

ssize_t file_read(int fd, void *to, size_t n, uint64_t offset)
{
    size_t done = 0;
    while (done < n) {
        ssize_t part = pread(fd, (char *)to + done, n - done, (off_t)(offset + done));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return -1;
        if (part == 0)
            break;
        done += (size_t)part;
    }
    return (ssize_t)done;
}
