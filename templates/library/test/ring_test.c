/* Tests the ring buffer. Prints TAP; exit status 0 when all is well. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <@NAME@/ring.h>

static int number;
static int failed;

static void check(bool good, const char *what)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++number, what);
    failed += !good;
}

/* Puts in and takes out pieces of changing length until everything has gone round many times. */
static bool goes_round(struct ring *ring)
{
    unsigned char in = 0;
    unsigned char out = 0;
    for (size_t length = 1; length < 100; length++) {
        unsigned char piece[100];
        for (size_t i = 0; i < length; i++)
            piece[i] = (unsigned char)(in + i);
        in = (unsigned char)(in + ring_put(ring, piece, length));
        size_t got = ring_get(ring, piece, length / 2 + 1);
        for (size_t i = 0; i < got; i++)
            if (piece[i] != out++)
                return false;
    }
    return ring_used(ring) == (unsigned char)(in - out);
}

int main(void)
{
    char text[16] = "";
    printf("1..8\n");
    check(ring_create(0) == NULL && errno == EINVAL, "no capacity is EINVAL");
    check(ring_create((size_t)-1) == NULL && errno == ENOMEM, "too much is ENOMEM");
    struct ring *ring = ring_create(8);
    check(ring != NULL && ring_used(ring) == 0, "a new ring is empty");
    check(ring_get(ring, text, sizeof text) == 0, "nothing comes out of it");
    check(ring_put(ring, "0123456789", 10) == 8, "what fits goes in");
    check(ring_put(ring, "x", 1) == 0, "a full ring takes nothing");
    check(ring_get(ring, text, sizeof text) == 8 && memcmp(text, "01234567", 8) == 0,
          "it comes out in order");
    check(goes_round(ring), "and does so when it goes round");
    ring_destroy(ring);
    return failed != 0;
}
