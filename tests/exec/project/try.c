/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/utsname.h>

int main(int argc, char **argv)
{
    struct utsname u;
    uname(&u);
    printf("ran on %s, %s", u.sysname, argc > 1 ? argv[1] : "");
    return 5;
}
