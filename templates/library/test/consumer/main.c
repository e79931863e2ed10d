#include <stdio.h>
#include <stdlib.h>

#include <@NAME@/ring.h>

int main(void)
{
    char text[8] = "";
    struct ring *ring = ring_create(4);
    if (ring == NULL || ring_put(ring, "abc", 3) != 3 || ring_get(ring, text, 8) != 3)
        return EXIT_FAILURE;
    puts(text);
    ring_destroy(ring);
    return EXIT_SUCCESS;
}
