/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

int main(int argc, char **argv)
{
    struct utsname name;
    FILE *file = argc == 2 ? fopen(argv[1], "w") : NULL;
    if (file == NULL || uname(&name) == -1)
        return 1;
    fprintf(file, "#define MADE_BY \"%s\"\n", name.sysname);
    return fclose(file) != 0;
}
