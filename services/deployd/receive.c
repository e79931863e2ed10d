/* SPDX-License-Identifier: Apache-2.0 */
/* Files, in both directions.
 *
 * A file that is being received lies beside its destination as .NAME.qrv-PID, which is ours alone; at
 * the end of the connection, or when the host is silent, it is parked as .NAME.qrv-new, and whoever
 * wants to write it renames it first.  It begins as a copy of the destination, or as what was parked:
 * the host learns the hashes of its blocks and sends those that differ.  The destination changes by one
 * rename, after the SHA-256 of what can be read back was right: it is the old file or the new one at
 * every moment, and no two connections ever write to one file. */
#include "deployd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/sha256.h"

static struct {
    int fd; /* of the temporary file; -1: nothing is being received */
    bool is_parked;
    char path[PATH_MAX], temporary[PATH_MAX + 32], parked[PATH_MAX + 16];
    struct deploy_file file;
} now = {.fd = -1};

bool receive_is_active(void)
{
    return now.fd != -1;
}

void receive_park(void)
{
    if (now.fd != -1 && !now.is_parked)
        now.is_parked = rename(now.temporary, now.parked) == 0;
}

/* False: another connection has taken the file, or somebody has removed it. */
static bool unpark(void)
{
    struct stat ours, theirs;
    if (!now.is_parked)
        return true;
    if (rename(now.parked, now.temporary) == -1)
        return false;
    if (fstat(now.fd, &ours) == 0 && stat(now.temporary, &theirs) == 0 &&
        ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino) {
        now.is_parked = false;
        return true;
    }
    rename(now.temporary, now.parked); /* of a third one */
    return false;
}

static void let_go(void)
{
    if (now.fd != -1)
        close(now.fd);
    now.fd = -1;
    now.is_parked = false;
}

void receive_abandon(void)
{
    receive_park();
    let_go();
}

/* Reports errno of a step on a path, and gives up.  What is useless is removed. */
static bool fail(const char *what, const char *path, bool remove)
{
    char text[200];
    int error = errno;
    snprintf(text, sizeof text, "%.140s: %s: %s", path, what, strerror(error));
    if (remove)
        unlink(now.temporary);
    receive_abandon();
    return reply_error(error, text);
}

static int write_at(int fd, const void *bytes, size_t n, uint64_t offset)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t part = pwrite(fd, p, n, (off_t)offset);
        if (part == 0)
            errno = ENOSPC;
        if (part <= 0)
            return -1;
        p += part;
        n -= (size_t)part;
        offset += (uint64_t)part;
    }
    return 0;
}

/* Up to n bytes; fewer at the end of the file only. */
static ssize_t read_at(int fd, void *to, size_t n, uint64_t offset)
{
    size_t done = 0;
    while (done < n) {
        ssize_t part = pread(fd, (char *)to + done, n - done, (off_t)(offset + done));
        if (part < 0)
            return -1;
        if (part == 0)
            break;
        done += (size_t)part;
    }
    return (ssize_t)done;
}

static int hash_file(int fd, uint64_t *size, uint8_t digest[SHA256_BYTES])
{
    static uint8_t bytes[16384];
    struct sha256 sha;
    ssize_t n;
    sha256_begin(&sha);
    for (*size = 0; (n = read_at(fd, bytes, sizeof bytes, *size)) > 0; *size += (uint64_t)n)
        sha256_add(&sha, bytes, (size_t)n);
    sha256_end(&sha, digest);
    return n < 0 ? -1 : 0;
}

/* ------------------------------------------------------------------ receiving */

/* Is the destination already what it is to become?  Its mode is set. */
static bool is_there(const struct stat *st)
{
    uint8_t digest[SHA256_BYTES];
    uint64_t size;
    int fd = open(now.path, O_RDONLY | O_CLOEXEC);
    if (fd == -1)
        return false;
    bool same = hash_file(fd, &size, digest) == 0 && size == now.file.size &&
                memcmp(digest, now.file.sha256, sizeof digest) == 0 &&
                ((st->st_mode & 07777) == now.file.mode || fchmod(fd, now.file.mode) == 0);
    close(fd);
    return same;
}

/* A copy of the old file, as far as the new one is long, is what the blocks are compared with. */
static int copy_old(void)
{
    static uint8_t bytes[16384];
    int result = 0, old = open(now.path, O_RDONLY | O_CLOEXEC);
    if (old == -1)
        return 0; /* nothing to compare with: everything is sent */
    for (uint64_t at = 0; result == 0 && at < now.file.size;) {
        ssize_t n = read_at(old, bytes, sizeof bytes, at);
        if (n <= 0)
            break;
        result = write_at(now.fd, bytes, (size_t)n, at);
        at += (uint64_t)n;
    }
    close(old);
    return result;
}

static bool send_hashes(uint64_t size)
{
    static uint8_t block[DEPLOY_BLOCK], hashes[DEPLOY_DATA_MAX / DEPLOY_HASH * DEPLOY_HASH];
    size_t have = 0;
    for (uint64_t at = 0; at < size; at += DEPLOY_BLOCK) {
        uint8_t digest[SHA256_BYTES];
        struct sha256 sha;
        ssize_t n = read_at(now.fd, block, sizeof block, at);
        if (n <= 0)
            break;
        sha256_begin(&sha);
        sha256_add(&sha, block, (size_t)n);
        sha256_end(&sha, digest);
        memcpy(hashes + have, digest, DEPLOY_HASH);
        have += DEPLOY_HASH;
        if (have == sizeof hashes) {
            if (!reply(DEPLOY_HASHES, hashes, have))
                return false;
            have = 0;
        }
    }
    return (have == 0 || reply(DEPLOY_HASHES, hashes, have)) && reply(DEPLOY_HASHES, NULL, 0);
}

/* False: the names are too long. */
static bool make_names(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    int n = snprintf(now.path, sizeof now.path, "%s", path);
    int dir = (int)(name - path);
    snprintf(now.parked, sizeof now.parked, "%.*s.%s.qrv-new", dir, path, name);
    int m = snprintf(now.temporary, sizeof now.temporary, "%.*s.%s.qrv-%ld", dir, path, name,
                     (long)getpid());
    errno = name[0] == '\0' ? EISDIR : ENAMETOOLONG;
    return name[0] != '\0' && n < (int)sizeof now.path && m < (int)sizeof now.temporary;
}

/* The pid of NAME.qrv-PID in the name of a directory's entry; 0: it is something else. */
static long owner_of(const char *entry, const char *prefix, size_t len)
{
    char *end;
    if (strncmp(entry, prefix, len) != 0 || entry[len] < '1' || entry[len] > '9')
        return 0;
    long pid = strtol(entry + len, &end, 10);
    return *end == '\0' ? pid : 0;
}

/* What was parked, or what a deployd left that was killed, becomes our temporary file. */
static void take_over(void)
{
    char directory[PATH_MAX], from[sizeof now.temporary];
    const struct dirent *entry;
    const char *name = strrchr(now.parked, '/');
    name = name != NULL ? name + 1 : now.parked;
    size_t len = strlen(name) - strlen("new");
    int dir = (int)(name - now.parked);
    rename(now.parked, now.temporary);
    snprintf(directory, sizeof directory, "%.*s", dir > 0 ? dir : 1, dir > 0 ? now.parked : ".");
    DIR *list = opendir(directory);
    while (list != NULL && (entry = readdir(list)) != NULL) {
        long pid = owner_of(entry->d_name, name, len);
        if (pid == 0 || pid == (long)getpid() || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        snprintf(from, sizeof from, "%.*s%.*s%ld", dir, now.parked, (int)len, name, pid);
        if (access(now.temporary, F_OK) == 0)
            unlink(from);
        else
            rename(from, now.temporary);
    }
    if (list != NULL)
        closedir(list);
}

bool receive_begin(const uint8_t *bytes, size_t n)
{
    struct stat st;
    receive_abandon();
    if (n <= sizeof now.file || n - sizeof now.file >= sizeof now.path)
        return reply_error(EINVAL, "a request without a path");
    memcpy(&now.file, bytes, sizeof now.file);
    now.file.mode &= 0777;
    if (!make_names((const char *)bytes + sizeof now.file))
        return fail("as the name of a file", (const char *)bytes + sizeof now.file, false);
    bool exists = stat(now.path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EEXIST;
        return fail("not a file", now.path, false);
    }
    if (exists && (uint64_t)st.st_size == now.file.size && is_there(&st)) {
        unlink(now.parked);
        return reply(DEPLOY_SAME, NULL, 0);
    }
    take_over();
    now.fd = open(now.temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (now.fd == -1)
        return fail("cannot write there", now.path, false);
    if (fstat(now.fd, &st) == -1 || !S_ISREG(st.st_mode))
        return fail("cannot be written", now.temporary, false);
    if (st.st_size == 0 && exists && copy_old() == -1)
        return fail("no room beside it", now.path, true);
    if (fstat(now.fd, &st) == -1 || ftruncate(now.fd, (off_t)now.file.size) == -1)
        return fail("no room for it", now.path, true);
    uint64_t old = (uint64_t)st.st_size;
    return send_hashes(old < now.file.size ? old : now.file.size);
}

static bool taken_away(void)
{
    let_go();
    return reply_error(EBUSY, "another qrv deploys this file now");
}

/* After an error everything is ignored until the next request: the host has not heard of it yet. */
bool receive_put(const uint8_t *bytes, size_t n)
{
    uint32_t block;
    if (now.fd == -1 || n <= sizeof block)
        return true;
    if (!unpark())
        return taken_away();
    memcpy(&block, bytes, sizeof block);
    uint64_t at = (uint64_t)block * DEPLOY_BLOCK;
    if (at + n - sizeof block > now.file.size) {
        receive_abandon();
        return reply_error(EINVAL, "a block behind the end of the file");
    }
    if (write_at(now.fd, bytes + sizeof block, n - sizeof block, at) == -1)
        return fail("writing", now.path, true);
    return true;
}

static void sync_directory(void)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", now.path);
    char *slash = strrchr(directory, '/');
    if (slash != NULL)
        slash[slash == directory] = '\0';
    int fd = open(slash != NULL ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd != -1) {
        fsync(fd); /* a file system that cannot has nothing to write */
        close(fd);
    }
}

bool receive_commit(void)
{
    uint8_t digest[SHA256_BYTES];
    uint64_t size;
    if (now.fd == -1)
        return true;
    if (!unpark())
        return taken_away();
    if (fsync(now.fd) == -1 && errno != EINVAL && errno != ENOSYS)
        return fail("writing", now.path, true);
    if (hash_file(now.fd, &size, digest) == -1)
        return fail("reading back", now.path, true);
    if (size != now.file.size || memcmp(digest, now.file.sha256, sizeof digest) != 0) {
        let_go();
        unlink(now.temporary); /* the next attempt begins without it */
        return reply(DEPLOY_DIFFERS, NULL, 0);
    }
    if (fchmod(now.fd, now.file.mode) == -1)
        return fail("setting its mode", now.path, true);
    if (rename(now.temporary, now.path) == -1)
        return fail("taking its name", now.path, true);
    let_go();
    sync_directory();
    return reply(DEPLOY_DONE, NULL, 0);
}

/* ------------------------------------------------------------------ sending */

static bool send_bytes(int fd, uint64_t offset, uint64_t size)
{
    static uint8_t bytes[DEPLOY_BLOCK];
    while (offset < size) {
        uint64_t left = size - offset;
        ssize_t n = read_at(fd, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes, offset);
        if (n <= 0)
            return reply_error(n < 0 ? errno : EIO, "the file changed while it was read");
        if (!reply(DEPLOY_BYTES, bytes, (size_t)n))
            return false;
        offset += (uint64_t)n;
    }
    return reply(DEPLOY_DONE, NULL, 0);
}

bool send_file(const uint8_t *bytes, size_t n)
{
    uint64_t offset;
    struct deploy_file file = {0};
    struct stat st;
    if (n <= sizeof offset)
        return reply_error(EINVAL, "a request without a path");
    memcpy(&offset, bytes, sizeof offset);
    const char *path = (const char *)bytes + sizeof offset;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &st) == -1)
        return fail("reading", path, false);
    if (!S_ISREG(st.st_mode)) {
        close(fd);
        errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return fail("not a file", path, false);
    }
    bool good = hash_file(fd, &file.size, file.sha256) == 0;
    file.mode = st.st_mode & 0777;
    good = good ? reply(DEPLOY_FILE, &file, sizeof file) && send_bytes(fd, offset, file.size)
                : fail("reading", path, false);
    close(fd);
    return good;
}
