/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - stops the system

%C [-r] [-x code]

Writes what is buffered and switches the machine off.
 -r       reboots instead
 -x code  exit status that an emulator is to return, 0 to 255 (default 0)
#endif
/* clang-format on */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <termios.h>
#include <unistd.h>

#include <abi/taskman.h>
#include <abi/tm.h>

        int main(int argc, char **argv)
{
    struct tmsg_id msg = {
        .type = TMSG_SYS, .subtype = TMSG_SYS_REBOOT, .value = TM_REBOOT_POWEROFF};
    int option;
    while ((option = getopt(argc, argv, "rx:")) != -1) {
        char *end = NULL;
        if (option == 'r')
            msg.value = TM_REBOOT_RESET;
        else if (option == 'x')
            msg.reserved = (int32_t)strtol(optarg, &end, 10);
        if (option == '?' || (option == 'x' && (*end != '\0' || end == optarg || msg.reserved < 0 ||
                                                msg.reserved > 255))) {
            fprintf(stderr, "usage: shutdown [-r] [-x code (0..255)]\n");
            return 2;
        }
    }
    if (optind != argc) {
        fprintf(stderr, "usage: shutdown [-r] [-x code]\n");
        return 2;
    }
    fflush(NULL);
    if (isatty(STDOUT_FILENO))
        tcdrain(STDOUT_FILENO);
    sync();
    MsgSend(SYSMGR_COID, &msg, sizeof msg, NULL, 0);
    fprintf(stderr, "shutdown: %s\n", strerror(errno));
    return 1;
}
