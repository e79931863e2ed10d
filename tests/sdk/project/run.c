/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

int main(int argc, char **argv)
{
    struct utsname name;
    if (argc != 3 || uname(&name) == -1)
        return 1;
    printf("%s, %s, %s", argv[1], argv[2], name.sysname);
    return 7;
}
