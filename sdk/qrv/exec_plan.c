/* SPDX-License-Identifier: Apache-2.0 */
/* qrv exec: what goes over to the target: descriptors, directories, environment, arguments. */
#include "cmd_exec.h"

#include "../common/fs.h"
#include "../common/sdk.h"
#include "machine.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ------------------------------------------------------------------ directories */

struct mounts {
    char **targets;
    struct buf text; /* NUL-terminated "/target=/host" each */
    uint32_t count;
};

/* Top-level directories that the target has itself, or must not see. */
static bool is_of_target(const char *name)
{
    static const char *const own[] = {"bin",  "boot", "dev", "etc", "lost+found",
                                      "proc", "sbin", "sys", "usr", NULL};
    for (int i = 0; own[i] != NULL; i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return strncmp(name, "lib", 3) == 0 && strlen(name) <= 6; /* lib, lib32, lib64, libx32 */
}

static void add_mount(struct mounts *m, const char *target, const char *host)
{
    for (uint32_t i = 0; i < m->count; i++)
        if (strcmp(m->targets[i], target) == 0)
            return;
    m->targets = xrealloc(m->targets, (m->count + 1) * sizeof *m->targets);
    m->targets[m->count++] = xstrdup(target);
    buf_printf(&m->text, "%s=%s", target, host);
    buf_append(&m->text, "", 1);
}

static void add_top_level(struct mounts *m)
{
    char real[PATH_MAX];
    DIR *root = opendir("/");
    for (struct dirent *d = root ? readdir(root) : NULL; d != NULL; d = readdir(root)) {
        if (d->d_name[0] == '.' || strchr(d->d_name, '=') != NULL || is_of_target(d->d_name))
            continue;
        char *path = fs_join("", d->d_name);
        if (fs_is_dir(path) && realpath(path, real) != NULL && strchr(real, '=') == NULL)
            add_mount(m, path, real);
        free(path);
    }
    if (root != NULL)
        closedir(root);
}

static void add_sysroot(struct mounts *m)
{
    static const char *const parts[] = {"bin", "sbin", "usr", NULL};
    const struct sdk *sdk = sdk_locate();
    char real[PATH_MAX];
    for (int i = 0; parts[i] != NULL; i++) {
        char *host = fs_join(sdk->sysroot, parts[i]);
        char *target = xprintf("/%s", parts[i]);
        if (realpath(host, real) != NULL && fs_is_dir(real))
            add_mount(m, target, real);
        free(host);
        free(target);
    }
}

/* A directory that a program needs and that lies where the target has its own: /usr/src/x/build
 * gives /usr/src, so that what lies beside it is there too; below names that the sysroot has, only
 * itself. */
static void add_extra(struct mounts *m, const char *dir)
{
    static const char *const taken[] = {"/usr/bin",  "/usr/include", "/usr/lib", "/usr/libexec",
                                        "/usr/sbin", "/usr/share",   NULL};
    char top[NAME_MAX + 1], real[PATH_MAX];
    size_t n = strcspn(dir + 1, "/");
    if (dir[0] != '/' || n == 0 || n > NAME_MAX || strchr(dir, '=') != NULL)
        return;
    memcpy(top, dir + 1, n);
    top[n] = '\0';
    if (!is_of_target(top) || dir[1 + n] == '\0')
        return; /* it is there already; /usr itself stays the target's */
    size_t second = 1 + n + 1 + strcspn(dir + 1 + n + 1, "/");
    char *mount = xstrndup(dir, second);
    for (int i = 0; taken[i] != NULL; i++)
        if (strcmp(mount, taken[i]) == 0 && dir[second] == '/') {
            free(mount);
            mount = xstrdup(dir);
            break;
        } else if (strcmp(mount, taken[i]) == 0) {
            free(mount);
            return;
        }
    if (strcmp(top, "proc") != 0 && strcmp(top, "dev") != 0 && strcmp(top, "sys") != 0 &&
        realpath(mount, real) != NULL && strchr(real, '=') == NULL)
        add_mount(m, mount, real);
    free(mount);
}

static void free_mounts(struct mounts *m)
{
    for (uint32_t i = 0; i < m->count; i++)
        free(m->targets[i]);
    free(m->targets);
    buf_free(&m->text);
}

/* ------------------------------------------------------------------ environment */

static bool stays_here(const char *variable)
{
    static const char *const names[] = {
        "PATH=", "SHELL=", "PWD=", "OLDPWD=", "_=", "QRV_EXEC_OPTIONS=", "LD_", NULL};
    for (int i = 0; names[i] != NULL; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return strchr(variable, '=') == NULL;
}

static bool is_replaced(const char *variable, const char **by)
{
    size_t n = strcspn(variable, "=") + 1;
    for (; by != NULL && *by != NULL; by++)
        if (strncmp(variable, *by, n) == 0)
            return true;
    return false;
}

static void put_string(struct buf *out, const char *text)
{
    buf_append(out, text, strlen(text) + 1);
}

static uint32_t put_environment(struct buf *out, const struct exec *e, const char *cwd)
{
    uint32_t count = 0;
    char *own[] = {xstrdup("PATH=/bin:/usr/bin:/sbin:/proc/boot"), xstrdup("SHELL=/bin/sh"),
                   xprintf("PWD=%s", cwd)};
    for (char **v = environ; v != NULL && *v != NULL; v++)
        if (!stays_here(*v) && !is_replaced(*v, e->env)) {
            put_string(out, *v);
            count++;
        }
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (!is_replaced(own[i], e->env)) {
            put_string(out, own[i]);
            count++;
        }
        free(own[i]);
    }
    for (const char **v = e->env; v != NULL && *v != NULL; v++) {
        if (is_replaced(*v, v + 1))
            continue; /* the last one counts */
        put_string(out, *v);
        count++;
    }
    return count;
}

/* ------------------------------------------------------------------ the whole */

static uint8_t kind_of(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return QRV_EXEC_FD_NULL; /* closed */
    if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
        return QRV_EXEC_FD_NULL;
    return isatty(fd) ? QRV_EXEC_FD_TTY : QRV_EXEC_FD_PIPE;
}

static int check_program(const char *program)
{
    struct stat st;
    if (strchr(program, '/') == NULL)
        return EXIT_OK;
    if (strncmp(program, "/bin/", 5) == 0 || strncmp(program, "/usr/bin/", 9) == 0 ||
        strncmp(program, "/sbin/", 6) == 0 || strncmp(program, "/proc/boot/", 11) == 0)
        return EXIT_OK; /* the target's own, or not: it says */
    if (stat(program, &st) != 0)
        return complain(127, "%s: %s", program, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return complain(126, "%s is a directory", program);
    return EXIT_OK;
}

int exec_plan(const struct exec *e, struct buf *start)
{
    struct qrv_exec_start head = {.magic = QRV_EXEC_MAGIC,
                                  .uid = getuid(),
                                  .gid = getgid(),
                                  .flags = e->net ? QRV_EXEC_NET : 0};
    struct mounts m = {0};
    struct winsize ws = {0};
    struct timespec now;
    char cwd[PATH_MAX];
    const char *tmp = getenv("TMPDIR");
    int result = check_program(e->argv[0]);
    if (result != EXIT_OK)
        return result;
    if (getcwd(cwd, sizeof cwd) == NULL)
        return complain(EXIT_NOT_STARTED, "the working directory: %s", strerror(errno));
    for (int fd = 0; fd < 3; fd++) {
        head.fd_kind[fd] = kind_of(fd);
        if (head.fd_kind[fd] == QRV_EXEC_FD_TTY && ioctl(fd, TIOCGWINSZ, &ws) == 0)
            head.winsize = (struct qrv_exec_winsize){ws.ws_row, ws.ws_col};
    }
    head.umask = umask(0);
    umask(head.umask);
    head.ahead = lseek(STDIN_FILENO, 0, SEEK_CUR) >= 0 && head.fd_kind[0] == QRV_EXEC_FD_PIPE;
    buf_append(start, &head, sizeof head);
    put_string(start, e->argv[0]);
    put_string(start, cwd);
    for (; e->argv[head.argc] != NULL; head.argc++)
        put_string(start, e->argv[head.argc]);
    head.envc = put_environment(start, e, cwd);
    add_sysroot(&m);
    add_top_level(&m);
    add_extra(&m, cwd);
    if (tmp != NULL && tmp[0] == '/')
        add_extra(&m, tmp);
    if (strchr(e->argv[0], '/') != NULL) {
        char *absolute = fs_absolute(e->argv[0]);
        char *dir = fs_dirname(absolute);
        add_extra(&m, dir);
        free(dir);
        free(absolute);
    }
    buf_append(start, m.text.data, m.text.len);
    head.mounts = m.count;
    free_mounts(&m);
    clock_gettime(CLOCK_REALTIME, &now);
    head.realtime_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    memcpy(start->data, &head, sizeof head);
    if (start->len > QRV_EXEC_START_MAX)
        return complain(126, "%s: the argument list is too long", e->argv[0]);
    return EXIT_OK;
}

/* ------------------------------------------------------------------ the machine */

char **exec_machine(const struct exec *e, int link)
{
    char *socket = xprintf("socket,id=link,fd=%d", link);
    char *port = xprintf("virtserialport,chardev=link,nr=%d,name=qrv.exec", QRV_EXEC_PORT);
    /* What is not named is not there: no monitor, nothing shared with other machines. */
    const char *const devices[] = {
        "-chardev",   "stdio,id=console,signal=off",
        "-serial",    "chardev:console",
        "-global",    "virtio-mmio.force-legacy=false",
        "-fsdev",     "local,id=host,path=/,security_model=none,multidevs=remap",
        "-device",    "virtio-9p-device,fsdev=host,mount_tag=host",
        "-device",    "virtio-serial-device,max_ports=2",
        "-chardev",   socket,
        "-device",    port,
        "-no-reboot", NULL};
    const struct machine m = {.qemu = e->qemu,
                              .bios = e->bios,
                              .kernel = e->kernel,
                              .image = e->image,
                              .harts = e->harts,
                              .memory = e->memory,
                              .append = "fault-report",
                              .bare = true,
                              .net = e->net,
                              .extra = (char **)devices};
    char **argv = machine_argv(&m);
    free(socket);
    free(port);
    return argv;
}
