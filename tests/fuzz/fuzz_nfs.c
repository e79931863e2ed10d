/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of NFS clients, as "qrv nfs serve" reads them, on a small tree of its own. First byte odd: the rest is the whole call; even: a
 * procedure, which of the tree's handles, how often it is there, and the arguments behind it. Answers stay inside their
 * buffer, and nothing outside of the served directory is touched or shown. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../sdk/nfs/node.h"
#include "../../sdk/nfs/server.h"

#define HANDLES 4
static char top[64], served[96], secret[96];
static uint8_t handles[HANDLES][HANDLE_BYTES];
static const char *const names[HANDLES] = {"", "file", "dir", "out"};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
        abort();
}

/* What the last calls have removed is there again. */
static void make_tree(void)
{
    char path[160];
    mkdir(served, 0755);
    chmod(served, 0755);
    snprintf(path, sizeof path, "%s/dir", served);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/file", served);
    write_file(path, "something to read\n");
    snprintf(path, sizeof path, "%s/out", served);
    if (symlink("../secret", path) == -1) {
        /* it is there */
    }
}

static void clean_up(void)
{
    char command[256];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", top, top);
    if (system(command) != 0)
        perror(top);
}

static void start(void)
{
    struct stat st;
    strcpy(top, "/tmp/fuzz-nfs-XXXXXX");
    if (mkdtemp(top) == NULL)
        abort();
    atexit(clean_up);
    snprintf(served, sizeof served, "%s/served", top);
    snprintf(secret, sizeof secret, "%s/secret", top);
    write_file(secret, "SECRET");
    umask(0);
    make_tree();
    if (nodes_start(served) != 0)
        abort();
    server.path = served;
    for (int i = 0; i < HANDLES; i++) {
        struct node *n = node_root();
        if (i > 0) {
            if (fstatat(node_fd(n), names[i], &st, AT_SYMLINK_NOFOLLOW) == -1)
                abort();
            n = node_child(n, names[i], &st);
        }
        node_handle(n, handles[i]);
    }
}

static size_t put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
    return 4;
}

/* The head of a call with the handle(s), then what the input says. */
static size_t build(const uint8_t *data, size_t size, uint8_t *call)
{
    const uint32_t head[] = {1, 0, 2, 100003, 3, data[1] % 24u, 1, 24, 0, 0, 1000, 1000, 1, 1000, 0, 0};
    size_t at = 0;
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        at += put32(call + at, head[i]);
    for (int i = 0; i < data[3] % 3; i++) {
        at += put32(call + at, HANDLE_BYTES);
        memcpy(call + at, handles[(data[2] + i) % HANDLES], HANDLE_BYTES);
        at += HANDLE_BYTES;
        /* A name between two handles. */
        at += i == 0 && data[3] % 3 == 2 ? put32(call + at, 4) + put32(call + at + 4, 0x66696c65) : 0;
    }
    memcpy(call + at, data + 4, size - 4);
    return at + size - 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t answer[RECORD_MAX + 16];
    static unsigned runs;
    struct stat st;
    if (size < 4 || size > 1 << 14)
        return 0;
    if (top[0] == '\0')
        start();
    if (++runs % 64 == 0)
        make_tree();
    uint8_t *call = malloc(size + 512);
    size_t len = size - 1;
    if (data[0] & 1)
        memcpy(call, data + 1, len);
    else
        len = build(data, size, call);
    uint8_t *exact = malloc(len); /* reading past it is an error that shows */
    memcpy(exact, call, len);
    server.read_only = data[0] & 2;
    memset(answer + RECORD_MAX, 0x5a, 16);
    size_t n = rpc_answer(exact, len, answer);
    if (n > RECORD_MAX || (n != 0 && n < 12))
        abort();
    for (int i = 0; i < 16; i++)
        if (answer[RECORD_MAX + i] != 0x5a)
            abort();
    if (memmem(answer, n, "SECRET", 6) != NULL || stat(secret, &st) == -1 || st.st_size != 6)
        abort();
    free(exact);
    free(call);
    return 0;
}
