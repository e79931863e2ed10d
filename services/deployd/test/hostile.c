/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile messages to deployd: hostile COUNT [SEED].  Each round is a connection whose messages have chance
 * types, lengths and contents, some with the lengths that are right; paths stay inside of a directory of its
 * own.  serve() has to come back, and the old file has to be whole whenever no commit was allowed. */
#include "../deployd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

bool run_command(const struct message *m)
{
    return reply(DEPLOY_EXIT, m->data, 0);
}

bool start_shell(const char *bytes, size_t n)
{
    return reply(DEPLOY_DONE, bytes, n < 8 ? n : 8);
}

bool reboot_soon(void)
{
    return true;
}

static char directory[] = "/tmp/deployd-hostile-XXXXXX";
static uint64_t dice;

static uint32_t chance(uint32_t below)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % below;
}

/* A number that is small, huge or near a limit. */
static uint64_t number(void)
{
    static const uint64_t limits[] = {0, 1, 2048, 8192, 65536, 1u << 30, INT64_MAX, UINT64_MAX};
    return chance(2) ? chance(70000) : limits[chance(8)] - chance(3);
}

static size_t with_path(uint8_t *to, size_t n)
{
    static const char *names[] = {"old", "new", "", "a/b", ".", "old/x", "a"};
    return n + (size_t)snprintf((char *)to + n, 300, "%s/%s", directory, names[chance(7)]) + chance(2);
}

static size_t content(uint8_t type, uint8_t *to)
{
    struct deploy_file file = {.size = chance(4) ? chance(70000) : number(),
                               .mode = chance(010000),
                               .mtime_ns = chance(2) ? 5 : 2000000000,
                               .flags = chance(2) ? DEPLOY_SET_TIME : 0,
                               .chunk_bits = 10 + chance(8)};
    uint64_t numbers[3] = {number(), number(), chance(9000)};
    size_t n = chance(DEPLOY_PIECE);
    switch (type) {
    case DEPLOY_BEGIN:
        memcpy(to, &file, sizeof file);
        return with_path(to, sizeof file);
    case DEPLOY_PUT:
        memcpy(to, numbers, 8);
        return 8 + n;
    case DEPLOY_COPY:
        memcpy(to, numbers, 24);
        return chance(8) ? 24 : n;
    case DEPLOY_ZERO:
        memcpy(to, numbers, 16);
        return chance(8) ? 16 : n;
    case DEPLOY_GET:
        memcpy(to, numbers, 8);
        return with_path(to, 8);
    case DEPLOY_LIST:
        return with_path(to, 0);
    case DEPLOY_MAKE:
        return with_path(to, 4);
    case DEPLOY_LINK:
        return 1 + (size_t)sprintf((char *)to, "old%c%s/link", 0, directory); /* over "old" it may go */
    default:
        return chance(2) ? 0 : n;
    }
}

static size_t message(uint8_t *to)
{
    static const uint8_t types[] = {DEPLOY_BEGIN, DEPLOY_BEGIN, DEPLOY_PUT,    DEPLOY_PUT,  DEPLOY_COPY,
                                    DEPLOY_ZERO,  DEPLOY_GET,   DEPLOY_COMMIT, DEPLOY_LIST, DEPLOY_MAKE,
                                    DEPLOY_LINK,  DEPLOY_INPUT, DEPLOY_RUN,    0,           200};
    struct deploy_head head = {DEPLOY_MAGIC, types[chance(sizeof types)], 0};
    for (size_t i = 0; i < 64; i++)
        to[sizeof head + i] = (uint8_t)chance(256);
    size_t n = content(head.type, to + sizeof head);
    head.bytes = (uint16_t)n;
    if (chance(200) == 0) {
        head.bytes = (uint16_t)chance(65536);
        head.magic ^= (uint8_t)chance(2);
    }
    memcpy(to, &head, sizeof head);
    return sizeof head + n;
}

/* The host's end: speaks for a while, throws away what it hears. */
_Noreturn static void be_host(int fd)
{
    static uint8_t bytes[2 * DEPLOY_DATA_MAX], heard[65536];
    for (uint32_t i = 1 + chance(40); i > 0; i--) {
        size_t n = message(bytes);
        if (chance(60) == 0)
            n = chance((uint32_t)n); /* cut off */
        for (size_t at = 0; at < n;) {
            ssize_t part = send(fd, bytes + at, n - at, MSG_DONTWAIT | MSG_NOSIGNAL);
            at += part > 0 ? (size_t)part : 0;
            if (recv(fd, heard, sizeof heard, MSG_DONTWAIT) == 0)
                _exit(0);
        }
    }
    shutdown(fd, SHUT_WR);
    while (read(fd, heard, sizeof heard) > 0)
        ;
    _exit(0);
}

static bool is_whole(const char *path, const char *text)
{
    char bytes[64] = {0};
    int fd = open(path, O_RDONLY);
    bool good = fd != -1 && read(fd, bytes, sizeof bytes - 1) == (ssize_t)strlen(text) && strcmp(bytes, text) == 0;
    close(fd);
    return good;
}

int main(int argc, char **argv)
{
    char path[100];
    static const char text[] = "the old file\n";
    unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
    dice = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (mkdtemp(directory) == NULL)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    snprintf(path, sizeof path, "%s/old", directory);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (write(fd, text, strlen(text)) < 0)
        return 2;
    close(fd);
    int bad = 0;
    for (unsigned i = 0; i < count && bad == 0; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
            return 2;
        chance(2);
        pid_t pid = fork();
        if (pid == 0) {
            close(ends[0]);
            be_host(ends[1]);
        }
        close(ends[1]);
        alarm(20); /* hangs: the signal ends the test */
        serve(ends[0], ends[0]);
        close(ends[0]);
        waitpid(pid, NULL, 0);
        /* No message has the SHA-256 of what it would make. */
        if (!is_whole(path, text)) {
            fprintf(stderr, "round %u: the old file is torn\n", i);
            bad = 1;
        }
    }
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    bad |= system(command) != 0;
    printf("%sok 1 - %u connections with hostile messages\n1..1\n", bad ? "not " : "", count);
    return bad;
}
