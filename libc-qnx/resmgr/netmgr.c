/* SPDX-License-Identifier: Apache-2.0 */
/* Node descriptors on a system with one node: 0, spelled "localhost" or by the host's own name. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/netmgr.h>

int netmgr_strtond(const char *nodename, char **endstr)
{
    char own[256] = "";
    size_t len = strcspn(nodename, "~/");

    gethostname(own, sizeof(own) - 1);
    if (endstr != NULL)
        *endstr = (char *)nodename + len;
    if (len == 0 || (len == 9 && strncmp(nodename, "localhost", 9) == 0) ||
        (strlen(own) == len && strncmp(nodename, own, len) == 0))
        return ND_LOCAL_NODE;
    errno = ENOENT;
    return -1;
}

int netmgr_ndtostr(unsigned flags, int nd, char *buf, size_t maxbuf)
{
    static const char name[] = "localhost";

    (void)flags;
    if (nd != ND_LOCAL_NODE || buf == NULL || maxbuf < sizeof(name)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(buf, name, sizeof(name));
    return sizeof(name) - 1;
}

int netmgr_remote_nd(int remote_nd, int local_nd)
{
    if (remote_nd != ND_LOCAL_NODE || local_nd != ND_LOCAL_NODE) {
        errno = EINVAL;
        return -1;
    }
    return ND_LOCAL_NODE;
}
