/* @NAME@: says on the console what has come up; the image's start script runs it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

int main(void)
{
    static const char *const files[] = {"/proc/boot/version", "/etc/motd"};
    int status = EXIT_SUCCESS;

    report_system(stdout);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (report_file(stdout, files[i]) == -1) {
            fprintf(stderr, "@NAME@: %s: %s\n", files[i], strerror(errno));
            status = EXIT_FAILURE;
        }
    }
    return status;
}
