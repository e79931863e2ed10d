/* SPDX-License-Identifier: Apache-2.0 */
/* Host test of resmgr_decode.c: good messages give their parts, each kind of bad one its errno
 * value. Every message sits in an exact allocation, so that ASan sees a read past its end.  Prints
 * TAP. */
#include "../resmgr_decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int results, failures;

static void check(long got, long want, const char *what)
{
    results++;
    failures += got != want;
    printf("%sok %d - %s\n", got == want ? "" : "not ", results, what);
    if (got != want)
        printf("# got %ld, wanted %ld\n", got, want);
}

/* A connect message: path, extra bytes, and tail bytes of a combined part, laid out as libc does
 * it. */
static char *connect_msg(uint16_t subtype, const char *path, const char *extra, size_t extra_len,
                         size_t tail, size_t *size)
{
    size_t at = _IO_CONNECT_HDR + strlen(path) + 1;
    size_t extra_at = (at + 7) & ~7UL;
    if (extra_len)
        at = extra_at + extra_len;
    if (tail)
        at = ((at + 7) & ~7UL) + tail;
    char *m = calloc(1, at);
    struct _io_connect c = {
        .type = _IO_CONNECT, .subtype = subtype, .path_len = (uint16_t)(strlen(path) + 1)};
    c.extra_len = (uint16_t)extra_len;
    c.extra_type = extra_len ? _IO_CONNECT_EXTRA_LINK : 0;
    memcpy(m, &c, _IO_CONNECT_HDR);
    strcpy(m + _IO_CONNECT_HDR, path);
    if (extra_len)
        memcpy(m + extra_at, extra, extra_len);
    *size = at;
    return m;
}

static int try_connect(uint16_t subtype, const char *path, const char *extra, size_t extra_len,
                       size_t tail)
{
    struct connect_parts parts;
    size_t size;
    char *m = connect_msg(subtype, path, extra, extra_len, tail, &size);
    int rc = __resmgr_check_connect(m, size, size, &parts);
    free(m);
    return rc;
}

static int cut_connect(size_t keep, size_t whole)
{
    struct connect_parts parts;
    size_t size;
    char *m = connect_msg(_IO_CONNECT_OPEN, "some/path", NULL, 0, 0, &size);
    char *cut = malloc(keep ? keep : 1);
    memcpy(cut, m, keep < size ? keep : size);
    int rc = __resmgr_check_connect(cut, keep, whole, &parts);
    free(cut);
    free(m);
    return rc;
}

static void connects(void)
{
    struct connect_parts parts;
    size_t size;
    char *m = connect_msg(_IO_CONNECT_COMBINE_CLOSE, "a/b", NULL, 0, 8, &size);
    check(__resmgr_check_connect(m, size, size, &parts), 0, "combined connect");
    check((long)parts.io_off, 48, "... its second part is aligned behind the path");
    check((long)parts.extra_off, 0, "... and there is no extra");
    free(m);
    check(try_connect(_IO_CONNECT_OPEN, "", NULL, 0, 0), 0, "the link itself: empty path");
    check(try_connect(_IO_CONNECT_OPEN, "..", NULL, 0, 0), EINVAL, "path ..");
    check(try_connect(_IO_CONNECT_OPEN, "a/../b", NULL, 0, 0), EINVAL, "path with .. inside");
    check(try_connect(_IO_CONNECT_OPEN, "a/..", NULL, 0, 0), EINVAL, "path with .. at the end");
    check(try_connect(_IO_CONNECT_OPEN, "..a/b..", NULL, 0, 0), 0,
          "names that begin or end with dots");
    check(try_connect(_IO_CONNECT_OPEN, "/etc", NULL, 0, 0), EINVAL, "absolute path");
    check(try_connect(_IO_CONNECT_RENAME, "new", "old", 4, 0), 0, "rename");
    check(try_connect(_IO_CONNECT_RENAME, "new", "old", 3, 0), EBADMSG,
          "rename, old name without NUL");
    check(try_connect(_IO_CONNECT_RENAME, "new", "../x", 5, 0), EINVAL, "rename from ..");
    check(try_connect(_IO_CONNECT_RENAME, "new", NULL, 0, 0), EBADMSG,
          "rename without an old name");
    check(try_connect(_IO_CONNECT_COMBINE, "a", NULL, 0, 0), EBADMSG,
          "combine without a second part");
    check(cut_connect(0, 0), EBADMSG, "empty message");
    check(cut_connect(39, 39), EBADMSG, "shorter than the header");
    check(cut_connect(45, 45), EBADMSG, "path_len behind the end");
    check(cut_connect(45, 50), ENAMETOOLONG, "path that was sent but does not fit the buffer");
}

static int io(uint16_t type, uint16_t combine_len, size_t size, uint32_t word1, uint32_t word2,
              struct io_part *part)
{
    char *m = calloc(1, size ? size : 1);
    uint16_t head[2] = {type, combine_len};
    if (size >= 4)
        memcpy(m, head, 4);
    if (size >= 12) {
        memcpy(m + 4, &word1, 4);
        memcpy(m + 8, &word2, 4);
    }
    int rc = __resmgr_check_io(m, size, size, 0, part);
    free(m);
    return rc;
}

static void ios(void)
{
    struct io_part part;
    check(io(_IO_READ, 16, 16, 100, 0, &part), 0, "read");
    check((long)part.next, 0, "... is the last part");
    check(io(_IO_READ, 16, 15, 100, 0, &part), EBADMSG, "short read");
    check(io(_IO_READ, 24, 16, 100, _IO_XTYPE_OFFSET, &part), EBADMSG, "pread without its offset");
    check(io(_IO_READ, 24, 24, 100, _IO_XTYPE_OFFSET, &part), 0, "pread");
    check(io(_IO_LSEEK, 16 | _IO_COMBINE_FLAG, 32, 0, 0, &part), 0,
          "lseek with something behind it");
    check((long)part.next, 16, "... at 16");
    check(io(_IO_LSEEK, 0 | _IO_COMBINE_FLAG, 32, 0, 0, &part), EBADMSG,
          "part of length 0 (would loop)");
    check(io(_IO_LSEEK, 20 | _IO_COMBINE_FLAG, 32, 0, 0, &part), EBADMSG,
          "part that leaves the next unaligned");
    check(io(_IO_LSEEK, 32 | _IO_COMBINE_FLAG, 32, 0, 0, &part), EBADMSG,
          "next part outside of the message");
    check(io(_IO_LSEEK, 0x7ff8 | _IO_COMBINE_FLAG, 32, 0, 0, &part), EBADMSG, "huge combine_len");
    check(io(_IO_DEVCTL, 16, 20, 0x80040501, 4, &part), 0, "devctl with its data");
    check(io(_IO_DEVCTL, 16, 20, 0x80040501, 5, &part), EBADMSG,
          "devctl that claims more data than it has");
    check(io(_IO_DEVCTL, 16, 20, 0x80040501, 0xffffffff, &part), EBADMSG,
          "devctl that claims 4 GiB");
    check(io(_IO_DEVCTL, 16, 16, 0x40040501, 4000, &part), 0, "devctl that only wants data");
    check(io(_IO_MAX, 4, 64, 0, 0, &part), ENOSYS, "unknown type");
    check(io(_IO_READ, 16, 2, 0, 0, &part), EBADMSG, "two bytes");
    check(__resmgr_check_io("", 0, 0, 8, &part), EBADMSG, "offset behind the end");
}

int main(void)
{
    connects();
    ios();
    printf("1..%d\n", results);
    return failures != 0;
}
