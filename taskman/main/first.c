/* SPDX-License-Identifier: Apache-2.0 */
/* The first program: /proc/boot/sysinit /proc/boot/.script on the kernel's console, or what
 * init=PATH on the command line names.  Built as a spawn request like any other. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <abi/syspage.h>
#include "main/heap.h"
#include "main/main.h"
#include "path/normal.h"
#include "process/process.h"
#include "process/spawnmsg.h"

#define REQUEST_BYTES 4096

struct builder {
    uint8_t *base;
    uint32_t at;
};

static uint32_t add_text(struct builder *b, const char *text)
{
    uint32_t at = b->at;
    size_t n = strlen(text) + 1;

    memcpy(b->base + at, text, n);
    b->at += (uint32_t)n;
    return at;
}

/* init=PATH of the command line into path[PATH_BYTES]; false when there is none that can be used.
 */
static bool from_cmdline(char path[PATH_BYTES])
{
    const struct qrv_syspage *sys = (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
    const char *at = sys->cmdline;
    size_t left = sizeof(sys->cmdline), n = 0;

    while (left > 5 && *at) {
        if ((at == sys->cmdline || at[-1] == ' ') && strncmp(at, "init=", 5) == 0) {
            for (at += 5, left -= 5; left && *at && *at != ' ' && n < 512; left--)
                path[n++] = *at++;
            path[n] = '\0';
            return n > 0 && path[0] == '/';
        }
        at++;
        left--;
    }
    return false;
}

int64_t first_program(void)
{
    static const char *const environment[] = {"PATH=/proc/boot", "LD_LIBRARY_PATH=/proc/boot",
                                              "HOME=/"};
    struct builder b = {heap_alloc(REQUEST_BYTES), sizeof(struct tmsg_spawn)};
    struct tmsg_spawn *req = (struct tmsg_spawn *)b.base;
    char path[PATH_BYTES] = "/proc/boot/sysinit";
    bool is_named;
    uint32_t text;

    if (!req)
        return -ENOMEM;
    is_named = from_cmdline(path);
    req->type = TMSG_PROC;
    req->subtype = TMSG_PROC_SPAWN;
    req->flags = TMSG_SPAWN_SETSID;
    req->path_off = add_text(&b, path);
    req->argv_off = add_text(&b, strrchr(path, '/') + 1);
    req->argc = 1;
    if (!is_named) {
        add_text(&b, "/proc/boot/.script");
        req->argc = 2;
    }
    req->envp_off = b.at;
    for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++, req->envc++)
        add_text(&b, environment[i]);
    text = add_text(&b, "/dev/text");
    b.at = (b.at + 7) & ~7u;
    req->fds_off = b.at; /* an empty map: nothing is inherited */
    req->nfds = 0;
    req->actions_off = b.at;
    for (int fd = 0; fd < 3; fd++) {
        struct tmsg_action a = {
            .op = TMSG_ACT_OPEN, .fd = fd, .oflag = fd ? O_WRONLY : O_RDONLY, .path_off = text};
        memcpy(b.base + b.at, &a, sizeof(a));
        b.at += sizeof(a);
        req->nactions++;
    }
    req->total = b.at;
    if (spawn_check(b.base, b.at) < 0)
        tm_panic("first request", req->total);
    return spawn_start(init_proc, b.base, b.at, 0);
}
