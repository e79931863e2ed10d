/*
 * Tests @NAME@ from a client's side; run it on the target while @NAME@ is running.
 * Prints TAP; exit status 0 when all is well.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "@NAME@_msg.h"

#define CLIENTS 4
#define ROUNDS  50

static int number;
static int failed;

static void check(int good, const char *what)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, what);
    failed += !good;
}

/* Each client thread has its own descriptor, and so its own offset. */
static void *client(void *result)
{
    char text[16];
    int fd = open(DEFAULT_PATH, O_RDONLY);
    int errors = fd == -1;
    for (int i = 0; i < ROUNDS && fd != -1; i++) {
        lseek(fd, 0, SEEK_SET);
        errors += read(fd, text, sizeof text) != 5 || memcmp(text, "hello", 5) != 0;
    }
    if (fd != -1)
        close(fd);
    *(int *)result = errors;
    return NULL;
}

static int many_clients(void)
{
    pthread_t threads[CLIENTS];
    int errors[CLIENTS];
    int sum = 0;
    for (int i = 0; i < CLIENTS; i++)
        if (pthread_create(&threads[i], NULL, client, &errors[i]) != 0)
            return -1;
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        sum += errors[i];
    }
    return sum;
}

int main(void)
{
    char text[16] = "";
    struct device_stats stats;
    uint32_t capacity;
    printf("1..12\n");

    int fd = open(DEFAULT_PATH, O_RDWR);
    check(fd != -1, "open");
    check(devctl(fd, DCMD_DEVICE_CLEAR, NULL, 0, NULL) == EOK, "devctl CLEAR");
    check(read(fd, text, sizeof text) == 0, "nothing is stored then");
    check(write(fd, "hello", 5) == 5, "write");
    check(read(fd, text, sizeof text) == 0, "read at the end gives 0");
    check(lseek(fd, 0, SEEK_SET) == 0, "lseek to the start");
    check(read(fd, text, sizeof text) == 5 && memcmp(text, "hello", 5) == 0,
          "read gives what was written");
    check(devctl(fd, DCMD_DEVICE_STATS, &stats, sizeof stats, NULL) == EOK && stats.length == 5,
          "devctl STATS knows the length");
    capacity = 2; /* less than what is stored */
    check(devctl(fd, DCMD_DEVICE_CAPACITY, &capacity, sizeof capacity, NULL) == EINVAL,
          "a bad capacity is EINVAL");
    check(devctl(fd, __DION(_DCMD_MISC, 99), NULL, 0, NULL) == ENOTTY,
          "an unknown devctl is ENOTTY");
    check(many_clients() == 0, "many clients at a time");
    close(fd);

    fd = open(DEFAULT_PATH, O_RDONLY);
    check(devctl(fd, DCMD_DEVICE_CLEAR, NULL, 0, NULL) == EACCES,
          "CLEAR needs a descriptor for writing");
    close(fd);
    return failed != 0;
}
