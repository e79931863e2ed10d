/* SPDX-License-Identifier: Apache-2.0 */
/* Files from the host.
 *
 * A file that is being received lies beside its destination as .NAME.qrv-PID, which is ours alone; at
 * the end of the connection, or when the host is silent, it is parked as .NAME.qrv-new, and whoever
 * wants to write it renames it first.  The host learns the hashes of the chunks of the destination and of
 * what was parked; it sends what is in neither, and says what is to be copied from the destination.  That
 * changes by one rename, after the SHA-256 of what can be read back was right: it is the old file or the new one at
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
#include "chunk.h"
#include "hasher.h"

static struct {
    int fd;  /* of the temporary file; -1: nothing is being received */
    int old; /* the destination as it is now; -1: there is none */
    bool is_parked;
    bool is_fresh; /* what was not written reads as zeros */
    char path[PATH_MAX], temporary[PATH_MAX + 32], parked[PATH_MAX + 16];
    struct deploy_file file;
} now = {.fd = -1, .old = -1};

bool receive_is_active(void)
{
    return now.fd != -1;
}

/* What has been written is read back and hashed as it comes (hasher.c): all of [0, front), unless that was in vain. It was
 * when a byte of it was written again, when somebody else had the file meanwhile, and for small files: then all of it
 * is read at the end. */
static struct {
    uint64_t front;
    bool in_vain;
} checked;

static void check_begin(void)
{
    checked.front = 0;
    checked.in_vain = now.file.size < HASHER_PART;
    if (!checked.in_vain)
        hasher_begin();
}

static void check_up_to(uint64_t end)
{
    static uint8_t bytes[HASHER_PART];
    while (!checked.in_vain && checked.front < end) {
        uint64_t left = end - checked.front;
        ssize_t n = file_read(now.fd, bytes, left < sizeof bytes ? (size_t)left : sizeof bytes, checked.front);
        checked.in_vain = n <= 0;
        if (n > 0) {
            hasher_add(bytes, (size_t)n);
            checked.front += (uint64_t)n;
        }
    }
}

/* The host sends ranges in their order: what is in front of one that is written here does not change any more. Not
 * too much at once, the next message waits. */
static void check_written(uint64_t at, uint64_t n)
{
    uint64_t most = checked.front + 4 * HASHER_PART;
    if (at < checked.front)
        checked.in_vain = true;
    check_up_to(at + n < most ? at + n : most);
}

static int check_end(uint64_t *size, uint8_t digest[SHA256_BYTES])
{
    struct stat st;
    check_up_to(now.file.size);
    if (checked.in_vain)
        return file_hash(now.fd, size, digest);
    hasher_end(digest);
    *size = fstat(now.fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    return 0;
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

/* Content that has come and lies behind one another is written at once, and at the latest when the host has nothing to say. */
static struct {
    uint8_t bytes[65536];
    uint64_t at;
    size_t n;
} held;

static int write_held(void)
{
    size_t n = held.n;
    held.n = 0;
    if (now.fd == -1 || n == 0)
        return 0;
    if (write_at(now.fd, held.bytes, n, held.at) == -1)
        return -1;
    check_written(held.at, n);
    return 0;
}

static int hold(const uint8_t *bytes, size_t n, uint64_t at)
{
    if (held.n > 0 && (held.at + held.n != at || held.n + n > sizeof held.bytes) && write_held() == -1)
        return -1;
    if (held.n == 0)
        held.at = at;
    memcpy(held.bytes + held.n, bytes, n);
    held.n += n;
    return 0;
}

void receive_park(void)
{
    write_held(); /* what is lost here is sent again */
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
        checked.in_vain = true; /* a third one may have had it, and changed it */
        return true;
    }
    rename(now.temporary, now.parked); /* of a third one */
    return false;
}

static void let_go(void)
{
    if (now.fd != -1)
        close(now.fd);
    if (now.old != -1)
        close(now.old);
    now.fd = now.old = -1;
    now.is_parked = false;
    held.n = 0;
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

/* ------------------------------------------------------------------ receiving */

static bool set_attributes(int fd)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                      {(time_t)now.file.mtime_s, (long)now.file.mtime_ns}};
    if ((now.file.flags & DEPLOY_SET_OWNER) && fchown(fd, now.file.uid, now.file.gid) == -1)
        return false;
    if (fchmod(fd, now.file.mode) == -1)
        return false;
    return !(now.file.flags & DEPLOY_SET_TIME) || futimens(fd, times) == 0;
}

/* Is the destination already what it is to become?  Its attributes are set. */
static bool is_there(const struct stat *st)
{
    uint8_t digest[SHA256_BYTES];
    uint64_t size;
    return now.old != -1 && (uint64_t)st->st_size == now.file.size &&
           file_hash(now.old, &size, digest) == 0 && size == now.file.size &&
           memcmp(digest, now.file.sha256, sizeof digest) == 0 &&
           set_attributes(now.old);
}

/* One chunk after the other, and an empty message at the end. */
static bool send_chunks(int fd, uint64_t size)
{
    static uint8_t bytes[4u << CHUNK_BITS_MAX];
    struct deploy_chunk list[128];
    size_t count = 0, have = 0, at = 0, max = chunk_max(now.file.chunk_bits);
    for (uint64_t offset = 0; fd != -1 && offset < size;) {
        if (have - at < max && offset + (have - at) < size) {
            memmove(bytes, bytes + at, have - at);
            have -= at;
            at = 0;
            uint64_t left = size - offset - have;
            ssize_t n = file_read(fd, bytes + have, left < sizeof bytes - have ? (size_t)left : sizeof bytes - have, offset + have);
            if (n <= 0)
                size = offset + have; /* it has become shorter */
            have += n > 0 ? (size_t)n : 0;
            if (have == 0)
                break;
        }
        uint8_t digest[SHA256_BYTES];
        struct sha256 sha;
        size_t n = chunk_length(bytes + at, have - at, now.file.chunk_bits);
        sha256_begin(&sha);
        sha256_add(&sha, bytes + at, n);
        sha256_end(&sha, digest);
        list[count].bytes = (uint32_t)n;
        memcpy(list[count++].hash, digest, DEPLOY_HASH);
        at += n;
        offset += n;
        if (count == sizeof list / sizeof list[0]) {
            if (!reply(DEPLOY_CHUNKS, list, sizeof list))
                return false;
            count = 0;
        }
    }
    return (count == 0 || reply(DEPLOY_CHUNKS, list, count * sizeof list[0])) &&
           reply(DEPLOY_CHUNKS, NULL, 0);
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

/* Left by one of us.  In /tmp anybody can lay something under that name: a link to another file, which would be
 * written, or a file that its owner could change after the rename. */
static bool is_ours(struct stat *st)
{
    return fstat(now.fd, st) == 0 && S_ISREG(st->st_mode) && st->st_uid == geteuid() && st->st_nlink <= 1;
}

/* The temporary file, with what an interrupted deployment left in it. */
static bool open_temporary(uint64_t *arrived)
{
    struct stat st = {0};
    take_over();
    now.fd = open(now.temporary, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (now.fd != -1 && !is_ours(&st)) {
        close(now.fd);
        now.fd = -1;
        st.st_size = 0;
    }
    if (now.fd == -1) {
        unlink(now.temporary);
        now.fd = open(now.temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    if (now.fd == -1)
        return fail("cannot write there", now.path, false);
    if (ftruncate(now.fd, (off_t)now.file.size) == -1)
        return fail("no room for it", now.path, true);
    now.is_fresh = st.st_size == 0;
    *arrived = (uint64_t)st.st_size < now.file.size ? (uint64_t)st.st_size : now.file.size;
    return true;
}

static bool is_sane(const struct deploy_file *file)
{
    return file->size <= INT64_MAX && file->chunk_bits >= CHUNK_BITS_MIN &&
           file->chunk_bits <= CHUNK_BITS_MAX && file->mtime_ns < 1000000000u;
}

bool receive_begin(const uint8_t *bytes, size_t n)
{
    struct stat st = {0};
    uint64_t arrived = 0;
    receive_abandon();
    if (n <= sizeof now.file || n - sizeof now.file >= sizeof now.path)
        return reply_error(EINVAL, "a request without a path");
    memcpy(&now.file, bytes, sizeof now.file);
    now.file.mode &= 07777;
    if (!is_sane(&now.file))
        return reply_error(EINVAL, "a file that cannot be");
    if (!make_names((const char *)bytes + sizeof now.file))
        return fail("as the name of a file", (const char *)bytes + sizeof now.file, false);
    bool exists = stat(now.path, &st) == 0;
    if (exists && !S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : EEXIST;
        return fail("not a file", now.path, false);
    }
    if (exists)
        now.old = open(now.path, O_RDONLY | O_CLOEXEC); /* one that cannot be read is no help */
    if (exists && is_there(&st)) {
        unlink(now.parked);
        let_go();
        return reply(DEPLOY_SAME, NULL, 0);
    }
    if (!open_temporary(&arrived))
        return false;
    if (now.fd == -1)
        return true; /* and it has been said */
    check_begin();
    return send_chunks(now.old, (uint64_t)st.st_size) && send_chunks(now.fd, arrived);
}

static bool taken_away(void)
{
    let_go();
    return reply_error(EBUSY, "another qrv deploys this file now");
}

static bool nonsense(void)
{
    receive_abandon();
    return reply_error(EINVAL, "a range outside of the file");
}

static bool is_inside(uint64_t at, uint64_t bytes, uint64_t size)
{
    return at <= size && bytes <= size - at;
}

/* After an error everything is ignored until the next request: the host has not heard of it yet. */
bool receive_put(const uint8_t *bytes, size_t n)
{
    uint64_t at;
    if (now.fd == -1 || n <= sizeof at)
        return true;
    if (!unpark())
        return taken_away();
    memcpy(&at, bytes, sizeof at);
    n -= sizeof at;
    if (!is_inside(at, n, now.file.size))
        return nonsense();
    if (hold(bytes + sizeof at, n, at) == -1)
        return fail("writing", now.path, true);
    return true;
}

bool receive_copy(const uint8_t *bytes, size_t n)
{
    static uint8_t part[65536];
    struct deploy_copy copy;
    struct stat st;
    if (now.fd == -1 || n != sizeof copy)
        return true;
    if (!unpark())
        return taken_away();
    memcpy(&copy, bytes, sizeof copy);
    if (now.old == -1 || fstat(now.old, &st) == -1 || !is_inside(copy.to, copy.bytes, now.file.size) ||
        !is_inside(copy.from, copy.bytes, (uint64_t)st.st_size))
        return nonsense();
    if (write_held() == -1)
        return fail("writing", now.path, true);
    for (uint64_t done = 0; done < copy.bytes;) {
        uint64_t left = copy.bytes - done;
        ssize_t got = file_read(now.old, part, left < sizeof part ? (size_t)left : sizeof part,
                                copy.from + done);
        if (got <= 0)
            return fail("reading", now.path, false);
        if (write_at(now.fd, part, (size_t)got, copy.to + done) == -1)
            return fail("writing", now.path, true);
        check_written(copy.to + done, (uint64_t)got);
        done += (uint64_t)got;
    }
    return true;
}

/* What is zero is not written, so that a file with holes keeps them. */
bool receive_zero(const uint8_t *bytes, size_t n)
{
    static const uint8_t zeros[16384];
    static uint8_t part[sizeof zeros];
    uint64_t range[2];
    if (now.fd == -1 || n != sizeof range)
        return true;
    if (!unpark())
        return taken_away();
    memcpy(range, bytes, sizeof range);
    if (!is_inside(range[0], range[1], now.file.size))
        return nonsense();
    if (write_held() == -1)
        return fail("writing", now.path, true);
    for (uint64_t at = range[0]; !now.is_fresh && at < range[0] + range[1];) {
        uint64_t left = range[0] + range[1] - at;
        ssize_t got = file_read(now.fd, part, left < sizeof part ? (size_t)left : sizeof part, at);
        if (got <= 0)
            return fail("reading", now.path, false);
        if (memcmp(part, zeros, (size_t)got) != 0 && write_at(now.fd, zeros, (size_t)got, at) == -1)
            return fail("writing", now.path, true);
        at += (uint64_t)got;
    }
    check_written(range[0], range[1]);
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
    if (write_held() == -1)
        return fail("writing", now.path, true);
    if (fsync(now.fd) == -1 && errno != EINVAL && errno != ENOSYS)
        return fail("writing", now.path, true);
    if (check_end(&size, digest) == -1)
        return fail("reading back", now.path, true);
    if (size != now.file.size || memcmp(digest, now.file.sha256, sizeof digest) != 0) {
        let_go();
        unlink(now.temporary); /* the next attempt begins without it */
        return reply(DEPLOY_DIFFERS, NULL, 0);
    }
    if (!set_attributes(now.fd))
        return fail("setting its mode, owner or time", now.path, true);
    if (channel_is_left())
        return false; /* who interrupted it may have deployed another version meanwhile */
    if (rename(now.temporary, now.path) == -1)
        return fail("taking its name", now.path, true);
    let_go();
    sync_directory();
    return reply(DEPLOY_DONE, NULL, 0);
}
