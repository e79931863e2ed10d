/* SPDX-License-Identifier: Apache-2.0 */
/* Clients whose only connection comes and goes, several at once: each close brings a disconnect
 * pulse while the next open is on its way.  No open may meet the end of the one before.  Library
 * Reference ChannelCreate() (_NTO_CHF_DISCONNECT), ConnectDetach(). */
#include "server.h"

#define PATH "/dev/test-reopen"
enum { CLIENTS = 4, ROUNDS = 100 };

static resmgr_connect_funcs_t connect_funcs;
static resmgr_io_funcs_t io_funcs;
static iofunc_attr_t attr;

static int serve(void)
{
    thread_pool_attr_t pool_attr = {.block_func = dispatch_block,
                                    .unblock_func = dispatch_unblock,
                                    .handler_func = dispatch_handler,
                                    .context_alloc = dispatch_context_alloc,
                                    .context_free = dispatch_context_free,
                                    .lo_water = 2,
                                    .increment = 1,
                                    .hi_water = 4,
                                    .maximum = 8};
    dispatch_t *dpp = dispatch_create();
    iofunc_func_init(_RESMGR_CONNECT_NFUNCS, &connect_funcs, _RESMGR_IO_NFUNCS, &io_funcs);
    iofunc_attr_init(&attr, S_IFCHR | 0666, NULL, NULL);
    if (resmgr_attach(dpp, NULL, PATH, _FTYPE_ANY, 0, &connect_funcs, &io_funcs, &attr) == -1)
        return 1;
    pool_attr.handle = dpp;
    thread_pool_start(thread_pool_create(&pool_attr, POOL_FLAG_USE_SELF));
    return 2;
}

/* How many rounds fail, at most 100. */
static int client(void)
{
    struct stat st;
    int bad = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int fd = open(PATH, O_RDWR);
        bad += fd == -1 || write(fd, "abc", 3) != 3 || close(fd) != 0;
        bad += stat(PATH, &st) != 0 || !S_ISCHR(st.st_mode);
    }
    return bad < 100 ? bad : 100;
}

int main(void)
{
    pid_t pids[CLIENTS];
    tap_plan(CLIENTS + 2);
    pid_t server = server_start(serve, PATH);
    for (int i = 0; i < CLIENTS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(client());
    }
    for (int i = 0; i < CLIENTS; i++) {
        int status = -1;
        waitpid(pids[i], &status, 0);
        is_int(status, 0, "a client's opens, writes, closes and stats all succeed");
    }
    struct _fdinfo info;
    int fd = open(PATH, O_RDWR);
    ok(iofdinfo(fd, 0, &info, NULL, 0) != -1 && info.count == 1,
       "afterwards one descriptor is open: none leaked");
    ok(server_stop(server), "the server lived to the end");
    return done();
}
