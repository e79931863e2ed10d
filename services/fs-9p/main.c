/* SPDX-License-Identifier: Apache-2.0 */
/* fs-9p: a directory of the host, exported by the emulator over virtio, as a file system. */
/* clang-format off */
#ifdef __USAGE
%C - file system of the host through virtio-9p

%C [options] [/target[=/host]]...

Serves each /target with the directory /host of the exported tree (default: the same path; without
any: the whole tree under /host).  Symbolic links of the host are followed as paths of the target.
 -t tag       mount tag of the device (default: the first device)
 -u uid:gid   who runs the emulator: its files belong to user and group 0 here
 -j threads   clients that are served at the same time (default 8)
 -o nodaemon  stay in the foreground
#endif
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <sys/procmgr.h>
#include <unistd.h>

#include "fs9p.h"

#include "../lib/foreign.h"

static int fail(const char *what, int error)
{
    fprintf(stderr, "fs-9p: %s: %s\n", what, strerror(error));
    return EXIT_FAILURE;
}

/* Is ".." one of the names in a path? */
static bool climbs(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2)
        if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
            return true;
    return false;
}

/* /target[=/host] */
static struct mount *parse_mount(const char *text)
{
    struct mount *m = calloc(1, sizeof *m);
    const char *eq = strchr(text, '=');
    size_t n = eq != NULL ? (size_t)(eq - text) : strlen(text);
    const char *host = eq != NULL ? eq + 1 : text;
    if (m == NULL)
        return NULL;
    if (names_mountpoint(text, n, m->target) == -1 || host[0] != '/' || strlen(host) >= PATH_BYTES ||
        climbs(host)) {
        free(m);
        errno = EINVAL;
        return NULL;
    }
    strcpy(m->host, host + 1);
    return m;
}

static int attach(dispatch_t *dpp, const char *text)
{
    resmgr_attr_t attr = {.nparts_max = 2, .msg_max_size = 4096};
    struct mount *m = parse_mount(text);
    if (m == NULL ||
        resmgr_attach(dpp, &attr, m->target, _FTYPE_ANY, _RESMGR_FLAG_DIR | _RESMGR_FLAG_OPAQUE,
                      &connect_funcs, &io_funcs, m) == -1)
        return fail(text, errno);
    return EXIT_SUCCESS;
}

static bool parse_ids(const char *text)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    settings.uid = (uint32_t)strtoul(text, &end, 10);
    if (*end != ':' || end[1] < '0' || end[1] > '9')
        return false;
    settings.gid = (uint32_t)strtoul(end + 1, &end, 10);
    return *end == '\0';
}

int main(int argc, char **argv)
{
    const char *tag = NULL;
    unsigned long threads = 8;
    bool stay = false;
    int option;
    while ((option = getopt(argc, argv, "j:o:t:u:")) != -1) {
        bool good = option != '?';
        if (option == 't')
            tag = optarg;
        else if (option == 'u')
            good = parse_ids(optarg);
        else if (option == 'j')
            good = (threads = strtoul(optarg, NULL, 10)) >= 1 && threads <= 64;
        else if (option == 'o')
            good = stay = strcmp(optarg, "nodaemon") == 0;
        if (!good) {
            if (option != '?')
                fprintf(stderr, "fs-9p: -%c %s: not understood\n", option, optarg);
            return EXIT_FAILURE;
        }
    }
    if (ThreadCtl(_NTO_TCTL_IO, 0) == -1)
        return fail("I/O privilege", errno);
    int error = client_start(tag, &settings.root);
    if (error != 0)
        return fail("virtio-9p device", error);
    dirs_init();
    settings.dev = (dev_t)getpid() << 16;
    dispatch_t *dpp = dispatch_create();
    if (dpp == NULL)
        return fail("dispatch", errno);
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    connect_init();
    io_init();
    if (optind == argc && attach(dpp, "/host=/") != EXIT_SUCCESS)
        return EXIT_FAILURE;
    for (int i = optind; i < argc; i++)
        if (attach(dpp, argv[i]) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    if (!stay && procmgr_daemon(EXIT_SUCCESS, 0) == -1)
        return fail("daemon", errno);
    return fail("thread pool", serve_pool(dpp, 2, (unsigned)threads));
}
