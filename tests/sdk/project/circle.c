/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

int ping(int n);

int main(int argc, char **argv)
{
    if (argc > 1)
        printf("%s is %s\n", argv[1], getenv(argv[1]));
    return ping(5);
}
