/* SPDX-License-Identifier: Apache-2.0 */
/* deployd hashes a file behind the place where it is being written: what a host writes again, copies or leaves out there
 * has to count as it is in the end. */
#include "../deployd.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/sha256.h"

enum { SIZE = 500000, WHOLE = 491520 /* of full pieces */ };

bool run_command(const struct message *m)
{
    return reply(DEPLOY_EXIT, m->data, 0);
}

bool start_shell(const char *bytes, size_t n)
{
    return reply(DEPLOY_DONE, bytes, n);
}

bool reboot_soon(void)
{
    return true;
}

static uint8_t wanted[SIZE];
static char path[100];
static int host, number, failures;

static void say(uint8_t type, const void *bytes, size_t n)
{
    uint8_t message[sizeof(struct deploy_head) + DEPLOY_DATA_MAX];
    struct deploy_head head = {DEPLOY_MAGIC, type, (uint16_t)n};
    memcpy(message, &head, sizeof head);
    if (n > 0)
        memcpy(message + sizeof head, bytes, n);
    if (write(host, message, sizeof head + n) != (ssize_t)(sizeof head + n))
        abort();
}

static int hear(void)
{
    struct deploy_head head;
    uint8_t bytes[DEPLOY_DATA_MAX];
    if (recv(host, &head, sizeof head, MSG_WAITALL) != sizeof head ||
        (head.bytes > 0 && recv(host, bytes, head.bytes, MSG_WAITALL) != head.bytes))
        return 0;
    return head.type == DEPLOY_CHUNKS && head.bytes > 0 ? hear() : head.type;
}

/* Pieces of [from, end), each byte off by `off`. */
static void put(uint64_t from, uint64_t end, uint8_t off)
{
    uint8_t bytes[DEPLOY_DATA_MAX];
    for (uint64_t at = from; at < end; at += DEPLOY_PIECE) {
        size_t n = end - at < DEPLOY_PIECE ? (size_t)(end - at) : DEPLOY_PIECE;
        memcpy(bytes, &at, sizeof at);
        for (size_t i = 0; i < n; i++)
            bytes[sizeof at + i] = (uint8_t)(wanted[at + i] + off);
        say(DEPLOY_PUT, bytes, sizeof at + n);
    }
}

static void begin(void)
{
    uint8_t bytes[sizeof(struct deploy_file) + sizeof path];
    struct deploy_file file = {.size = SIZE, .mode = 0600, .chunk_bits = 12};
    struct sha256 sha;
    sha256_begin(&sha);
    sha256_add(&sha, wanted, SIZE);
    sha256_end(&sha, file.sha256);
    memcpy(bytes, &file, sizeof file);
    memcpy(bytes + sizeof file, path, sizeof path);
    unlink(path);
    say(DEPLOY_BEGIN, bytes, sizeof file + strlen(path) + 1);
    if (hear() != DEPLOY_CHUNKS || hear() != DEPLOY_CHUNKS)
        abort();
}

static void expect(int type, const char *what)
{
    say(DEPLOY_COMMIT, NULL, 0);
    bool good = hear() == type && (access(path, F_OK) == 0) == (type == DEPLOY_DONE);
    failures += !good;
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, what);
}

static void speak(void)
{
    begin();
    put(0, SIZE, 0);
    expect(DEPLOY_DONE, "in order");
    begin();
    put(0, SIZE, 1);
    expect(DEPLOY_DIFFERS, "in order, and wrong");
    begin();
    put(0, 262144, 1);
    put(262144, SIZE, 0);
    put(0, 262144, 0);
    expect(DEPLOY_DONE, "wrong first, then written again as it should be");
    begin();
    put(0, SIZE, 0);
    put(8192, 16384, 1);
    put(WHOLE, SIZE, 0);
    expect(DEPLOY_DIFFERS, "right first, then written over");
    begin();
    put(262144, SIZE, 0);
    put(0, 262144, 0);
    expect(DEPLOY_DONE, "the second half first");
    begin();
    put(0, 65536, 0);
    put(131072, SIZE, 0);
    expect(DEPLOY_DIFFERS, "a part is never written");
}

int main(void)
{
    int ends[2];
    char command[150], directory[] = "/tmp/deployd-rewritten-XXXXXX";
    if (mkdtemp(directory) == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
        return 2;
    snprintf(path, sizeof path, "%s/file", directory);
    for (uint32_t i = 0, dice = 1; i < SIZE; i++, dice = dice * 1664525 + 1013904223)
        wanted[i] = (uint8_t)(dice >> 24);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        serve(ends[1], ends[1]);
        _exit(0);
    }
    close(ends[1]);
    host = ends[0];
    alarm(60);
    printf("1..6\n");
    speak();
    close(host);
    waitpid(pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command) != 0 || failures != 0;
}
