/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 0;
    printf("static const int table[] = {");
    for (int i = 0; i < n; i++)
        printf("%d,\n", i);
    printf("};\n");
    return 0;
}
