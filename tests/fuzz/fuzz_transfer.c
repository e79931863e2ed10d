/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile target: everything that it says to qrv deploy and pull, with the code of these verbs from the socket to the
 * file. Whatever it names, nothing appears outside of the directory that the user has given. */
#include "fuzz.h"

#include "deploy/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/fuzz-transfer-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void clear(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void end(void)
{
    if (chdir("/") == 0)
        clear(directory);
}

/* Once: a directory of our own with the one file that is deployed; messages about hostile targets go nowhere. */
static void begin(void)
{
    static const char text[] = "a file that is deployed\n";
    static bool begun;
    if (begun) /* not to be seen from the directory's name: a random one may end in X, too */
        return;
    begun = true;
    int null = open("/dev/null", O_WRONLY);
    if (mkdtemp(directory) == NULL || chdir(directory) != 0 || null < 0)
        abort();
    int fd = open("file", O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 1000; i++)
        if (write(fd, text, strlen(text)) < 0)
            abort();
    close(fd);
    stderr = fdopen(null, "w"); /* the sanitizers write to the descriptor */
    atexit(end);
}

static void say_nothing(void *arg, const struct transfer *t)
{
    (void)arg, (void)t;
}

static void look(void)
{
    const struct dirent *e;
    DIR *d = opendir(".");
    while (d != NULL && (e = readdir(d)) != NULL)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && strcmp(e->d_name, "file") != 0 &&
            strcmp(e->d_name, "to") != 0) {
            dprintf(STDERR_FILENO, "%s has appeared\n", e->d_name);
            abort();
        }
    closedir(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct target target = {.name = (char *)"t", .line = (char *)"tcp::0"}; /* no second connection */
    struct session s = {.target = &target};
    struct transfer options = {.mode = -1, .uid = -1, .gid = -1, .quiet = true};
    int ends[2];
    begin();
    if (size == 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return 0;
    send(ends[1], data + 1, size - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(ends[1], SHUT_WR);
    s.fd = ends[0];
    if (data[0] & 1)
        tree_put(&s, &options, "file", "/tmp/file", say_nothing, NULL);
    else
        tree_get(&s, &options, "/tmp/there", "to", say_nothing, NULL);
    session_close(&s);
    close(ends[1]);
    look();
    clear("to");
    return 0;
}
