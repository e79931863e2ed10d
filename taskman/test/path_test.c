/* SPDX-License-Identifier: Apache-2.0 */
/* Path text and the prefix tree: normal forms, longest prefix, order of unions, opacity, own
 * prefixes, symlinks, running out of memory, and that nothing is left when everything is detached.
 */
#include <errno.h>
#include <string.h>
#include <abi/iomsg.h>
#include <abi/taskman.h>
#include "check.h"
#include "host_heap.h"
#include "main/heap.h"
#include "path/normal.h"
#include "path/prefix.h"

static char out[PATH_BYTES];

static bool is_normal(const char *base, const char *path, const char *want)
{
    int rc = path_normalise(out, base, path);

    return rc == (int)strlen(want) && strcmp(out, want) == 0;
}

static void normal_forms(void)
{
    char longest[PATH_BYTES + 8];

    check(is_normal("/", "/", "/"));
    check(is_normal("/", "//a///b/", "/a/b"));
    check(is_normal("/home/x", "y", "/home/x/y"));
    check(is_normal("/home/x", "../y/./z", "/home/y/z"));
    check(is_normal("/a", "../../../..", "/"));
    check(is_normal("/a", "/..", "/"));
    check(is_normal("/a", ".", "/a"));
    check(is_normal("/a", "...", "/a/..."));
    check(is_normal("/a", "..b", "/a/..b"));
    check(path_normalise(out, "/", "") == -ENOENT);
    memset(longest, 'a', sizeof(longest));
    longest[0] = '/';
    longest[PATH_BYTES + 7] = '\0';
    check(path_normalise(out, "/", longest) == -ENAMETOOLONG); /* one component too long */
    for (size_t i = 0; i < sizeof(longest) - 1; i += 128)
        longest[i] = '/';
    check(path_normalise(out, "/", longest) == -ENAMETOOLONG);
    longest[PATH_BYTES - 1] = '\0';
    check(path_normalise(out, "/", longest) == PATH_BYTES - 1);
    check(path_checked("abc", 3) == NULL && path_checked("abc", 4) != NULL);
}

static struct prefix_tree t;
static struct prefix_match match[TMSG_RESOLVE_MAX];

static int attach(const char *path, int pid, uint32_t flags, uint32_t type)
{
    struct path_link l = {.pid = pid, .chid = 1, .flags = flags, .file_type = type};

    return prefix_attach(&t, path, &l);
}

/* The pids that resolve path, in order, as digits. */
static const char *who(const char *path, int pid, uint32_t type)
{
    static char text[TMSG_RESOLVE_MAX + 1];
    unsigned n = prefix_resolve(&t, path, pid, type, match, TMSG_RESOLVE_MAX);

    for (unsigned i = 0; i < n; i++)
        text[i] = (char)('0' + match[i].link->pid);
    text[n] = '\0';
    return text;
}

static const char *rest(const char *path, unsigned i)
{
    return path + match[i].prefix_length;
}

static void resolution(void)
{
    int id;

    check(attach("/", 1, TMSG_PATH_DIR | TMSG_PATH_AFTER, _FTYPE_ANY) > 0);
    check(attach("/dev/ser1", 3, 0, _FTYPE_ANY) > 0);
    check(strcmp(who("/dev/ser1", 0, _FTYPE_ANY), "31") == 0 &&
          strcmp(rest("/dev/ser1", 0), "") == 0);
    check(strcmp(rest("/dev/ser1", 1), "dev/ser1") == 0);
    check(strcmp(who("/dev/ser", 0, _FTYPE_ANY), "1") == 0);
    check(strcmp(who("/dev/ser11", 0, _FTYPE_ANY), "1") == 0);
    check(strcmp(who("/dev/ser1/x", 0, _FTYPE_ANY), "1") == 0); /* no directory */
    check(attach("/", 4, TMSG_PATH_DIR, _FTYPE_ANY) > 0);
    check(strcmp(who("/etc/passwd", 0, _FTYPE_ANY), "41") == 0);
    check(attach("/", 5, TMSG_PATH_DIR, _FTYPE_ANY) > 0);
    check(strcmp(who("/x", 0, _FTYPE_ANY), "541") == 0); /* the later one first */
    check(attach("/", 6, TMSG_PATH_DIR | TMSG_PATH_BEFORE, _FTYPE_ANY) > 0);
    check(attach("/", 7, TMSG_PATH_DIR, _FTYPE_ANY) > 0);
    check(strcmp(who("/x", 0, _FTYPE_ANY), "67541") == 0);
    check(strcmp(who("/x", 7, _FTYPE_ANY), "6541") == 0); /* not its own */
    check(attach("/", 8, TMSG_PATH_DIR | TMSG_PATH_SELF, _FTYPE_ANY) > 0);
    check(strcmp(who("/x", 8, _FTYPE_ANY), "687541") == 0);
    check((id = attach("/fs", 9, TMSG_PATH_DIR | TMSG_PATH_OPAQUE, _FTYPE_ANY)) > 0);
    check(strcmp(who("/fs/a/b", 0, _FTYPE_ANY), "9") == 0 &&
          strcmp(rest("/fs/a/b", 0), "a/b") == 0);
    check(strcmp(who("/fs", 0, _FTYPE_ANY), "9") == 0);
    check(prefix_detach(&t, id, 3) == -EPERM && prefix_detach(&t, 12345, 3) == -ENOENT &&
          prefix_detach(&t, -1, 0) == -ENOENT);
    check(prefix_detach(&t, id, 9) == 0 && prefix_find(&t, "/fs") == NULL);
    check(prefix_detach_all(&t, 6) == 1 && prefix_detach_all(&t, 6) == 0);
    for (int pid = 4; pid <= 8; pid++)
        prefix_detach_all(&t, pid);
    check(attach("/dev/mq", 2, TMSG_PATH_DIR | TMSG_PATH_FTYPEONLY, _FTYPE_MQUEUE) > 0);
    check(strcmp(who("/dev/mq/x", 0, _FTYPE_ANY), "1") == 0 &&
          strcmp(who("/dev/mq/x", 0, _FTYPE_MQUEUE), "21") == 0);
    check(prefix_resolve(&t, "/dev/mq/x", 0, _FTYPE_MQUEUE, match, 1) == 1);
}

static int follow(const char *path, bool keep, bool *is_link)
{
    strcpy(out, path);
    return prefix_follow(&t, out, keep, is_link);
}

static void symlinks(void)
{
    bool is_link;

    check(prefix_symlink(&t, "/bin", "/proc/boot", 0) == 0 &&
          prefix_symlink(&t, "/bin", "/x", 0) == -EEXIST);
    check(prefix_symlink(&t, "/", "/x", 0) == -EEXIST);
    check(prefix_symlink(&t, "/usr/lib/ld.so", "../../proc/boot/libc.so", 0) == 0);
    check(prefix_symlink(&t, "/loop/a", "b", 7) == 0 &&
          prefix_symlink(&t, "/loop/b", "/loop/a", 7) == 0);
    check(prefix_symlink(&t, "/grow", "/grow/x", 0) == 0);
    check(follow("/bin/ls", false, &is_link) == 13 && strcmp(out, "/proc/boot/ls") == 0 &&
          !is_link);
    check(follow("/usr/lib/ld.so", false, &is_link) == 18 &&
          strcmp(out, "/proc/boot/libc.so") == 0);
    check(follow("/bin", true, &is_link) == 4 && is_link && strcmp(out, "/bin") == 0);
    check(follow("/bin/x", true, &is_link) == 12 && !is_link);
    check(follow("/loop/a", false, &is_link) == -ELOOP);
    check(follow("/grow", false, &is_link) == -ELOOP);
    check(follow("/nothing/here", false, &is_link) == 13 && !is_link);
    check(prefix_unlink(&t, "/loop/a", 8) == -EPERM && prefix_unlink(&t, "/loop/a", 7) == 0);
    check(prefix_unlink(&t, "/loop/a", 0) == -ENOENT && prefix_unlink(&t, "/dev", 0) == -ENOENT);
    check(prefix_unlink(&t, "/loop/b", 0) == 0 && prefix_find(&t, "/loop") == NULL);
}

static void out_of_memory(void)
{
    uint32_t nodes = t.nodes, links = t.links;
    bool is_same = true;

    for (long allowed = 0; allowed < 5; allowed++) {
        heap_allowed = allowed;
        is_same &= attach("/one/two/three/four/five", 2, 0, 0) == -ENOMEM;
        heap_allowed = allowed;
        is_same &= prefix_symlink(&t, "/one/two/three/four/five", "x", 0) == -ENOMEM;
        is_same &= t.nodes == nodes && t.links == links;
    }
    heap_allowed = -1;
    check(is_same);
}

int main(void)
{
    normal_forms();
    check(prefix_init(&t) == 0);
    resolution();
    symlinks();
    out_of_memory();
    for (int pid = 1; pid < 10; pid++)
        prefix_detach_all(&t, pid);
    check(prefix_unlink(&t, "/bin", 0) == 0 && prefix_unlink(&t, "/usr/lib/ld.so", 0) == 0 &&
          prefix_unlink(&t, "/grow", 0) == 0);
    check(t.nodes == 1 && t.links == 0 && heap_blocks == 1); /* the root stays */
    heap_free(t.root);
    heap_allowed = 0;
    check(prefix_init(&t) == -ENOMEM);
    return check_done();
}
