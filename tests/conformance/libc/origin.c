/* SPDX-License-Identifier: Apache-2.0 */
/* A program finds its library beside itself ($ORIGIN), whatever the working directory, and dlopen too. */
#include <dlfcn.h>
#include <stdbool.h>
#include <unistd.h>

#include "../tap.h"

int origin_helper(int value); /* liborigin_helper.so */

int main(int argc, char **argv)
{
    bool again = argc > 1;
    if (!again)
        tap_plan(4);
    else
        tap_run = 2;
    is_int(origin_helper(20), 21, "a library beside the program is found");
    void *self = dlopen("liborigin_helper.so", RTLD_NOW | RTLD_NOLOAD);
    ok(self != NULL, "dlopen knows it by its name");
    if (!again) {
        /* Again from another directory. */
        if (self && chdir("/") == 0)
            execl(argv[0], argv[0], "again", (char *)NULL);
        bail_out("cannot run %s again: %s", argv[0], strerror(errno));
    }
    tap_planned = 4;
    return done();
}
