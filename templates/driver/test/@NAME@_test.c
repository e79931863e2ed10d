/*
 * Tests @NAME@ from a client's side; run it on the target while @NAME@ is running. Prints TAP; exit
 * status 0 when all is well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "@NAME@_msg.h"

#define BLOCK 256

static int number;
static int failed;

static void check(bool good, const char *what)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, what);
    failed += !good;
}

/* How many different values there are among the bytes. */
static int variety(const unsigned char *bytes, size_t length)
{
    bool seen[256] = {false};
    int count = 0;
    for (size_t i = 0; i < length; i++) {
        count += !seen[bytes[i]];
        seen[bytes[i]] = true;
    }
    return count;
}

static ssize_t read_fully(int fd, unsigned char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t got = read(fd, bytes + done, length - done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

int main(void)
{
    unsigned char first[BLOCK] = {0};
    unsigned char second[BLOCK] = {0};
    struct entropy_stats before;
    struct entropy_stats after;
    printf("1..10\n");

    int fd = open(DEFAULT_PATH, O_RDONLY);
    check(fd != -1, "open");
    check(devctl(fd, DCMD_ENTROPY_STATS, &before, sizeof before, NULL) == EOK, "devctl STATS");
    check(before.buffer != 0, "the buffer has a physical address");
    check(read_fully(fd, first, BLOCK) == BLOCK, "read a block");
    check(read_fully(fd, second, BLOCK) == BLOCK, "read another");
    check(variety(first, BLOCK) > 64, "the bytes differ from each other");
    check(memcmp(first, second, BLOCK) != 0, "the blocks differ");
    check(devctl(fd, DCMD_ENTROPY_STATS, &after, sizeof after, NULL) == EOK &&
              after.interrupts > before.interrupts && after.requests >= before.requests + 2,
          "interrupts came for the requests");
    check(after.bytes == before.bytes + 2 * BLOCK, "the bytes are counted");
    check(open(DEFAULT_PATH, O_WRONLY) == -1 || write(fd, "x", 1) == -1, "nothing can be written");
    close(fd);
    return failed != 0;
}
