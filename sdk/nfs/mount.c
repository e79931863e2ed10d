/* SPDX-License-Identifier: Apache-2.0 */
/* MOUNT version 3 (RFC 1813, appendix I): from a path to the first handle. */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node.h"

enum { MNT_NULL, MNT_MNT, MNT_DUMP, MNT_UMNT, MNT_UMNTALL, MNT_EXPORT };
enum { MNT3_OK = 0, MNT3ERR_NOENT = 2, MNT3ERR_ACCES = 13, MNT3ERR_NOTDIR = 20 };

/* The directory that is served goes by its own path here and by "/". */
static const char *below_root(const char *path)
{
    size_t n = strlen(server.path);
    if (strncmp(path, server.path, n) == 0 && (path[n] == '/' || path[n] == '\0'))
        return path + n;
    return path;
}

static struct node *find_directory(char *path, uint32_t *status)
{
    struct node *dir = node_root();
    struct stat st;
    char *save = NULL;
    *status = MNT3ERR_NOENT;
    for (char *name = strtok_r(path, "/", &save); name != NULL; name = strtok_r(NULL, "/", &save)) {
        if (!name_is_plain(name) || node_fd(dir) == -1 ||
            fstatat(node_fd(dir), name, &st, AT_SYMLINK_NOFOLLOW) == -1)
            return NULL;
        if (!S_ISDIR(st.st_mode)) {
            *status = MNT3ERR_NOTDIR;
            return NULL;
        }
        dir = node_child(dir, name, &st);
        if (dir == NULL)
            return NULL;
    }
    *status = MNT3_OK;
    return dir;
}

static void mnt(struct xdr_in *in, struct xdr_out *out)
{
    char path[1025];
    uint8_t handle[HANDLE_BYTES];
    uint32_t len, status;
    const uint8_t *bytes = xdr_bytes(in, 1024, &len);
    if (bytes == NULL)
        return;
    memcpy(path, bytes, len);
    path[len] = '\0';
    char rest[1025];
    strcpy(rest, below_root(path));
    struct node *dir = find_directory(rest, &status);
    xdr_put32(out, status);
    if (dir == NULL)
        return;
    node_handle(dir, handle);
    xdr_put_bytes(out, handle, sizeof handle);
    xdr_put32(out, 1); /* one way to say who one is: AUTH_UNIX */
    xdr_put32(out, 1);
}

bool mount3_call(uint32_t proc, struct xdr_in *in, struct xdr_out *out)
{
    uint32_t len;
    switch (proc) {
    case MNT_NULL:
    case MNT_UMNTALL:
        return true;
    case MNT_MNT:
        mnt(in, out);
        return true;
    case MNT_UMNT:
        xdr_bytes(in, 1024, &len);
        return true;
    case MNT_DUMP: /* nobody keeps a list */
        xdr_put32(out, 0);
        return true;
    case MNT_EXPORT: /* one directory, for everybody */
        xdr_put32(out, 1);
        xdr_put_bytes(out, "/", 1);
        xdr_put32(out, 0);
        xdr_put32(out, 0);
        return true;
    default:
        return false;
    }
}
