/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of deployd: opens the channel, takes messages until the connection ends, begins again. */
/* clang-format off */
#ifdef __USAGE
%C - receives files and runs commands for "qrv" on the build machine

%C [-o nodaemon] [device]

Serves "qrv deploy", "pull", "shell", "ps", "log" and "reset" on a channel of devc-mux (default
/dev/deploy).  Whoever is at the other end of that line may write every file and run every program.
#endif
/* clang-format on */
#include "deployd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procmgr.h>
#include <time.h>
#include <unistd.h>

int channel_fd;

static bool write_all(const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t part = write(channel_fd, bytes, n);
        if (part <= 0 && errno != EINTR)
            return false;
        if (part > 0) {
            bytes += part;
            n -= (size_t)part;
        }
    }
    return true;
}

static bool read_all(uint8_t *to, size_t n)
{
    while (n > 0) {
        ssize_t part = read(channel_fd, to, n);
        if (part == 0 || (part < 0 && errno != EINTR))
            return false;
        if (part > 0) {
            to += part;
            n -= (size_t)part;
        }
    }
    return true;
}

bool reply(uint8_t type, const void *bytes, size_t n)
{
    uint8_t message[sizeof(struct deploy_head) + DEPLOY_DATA_MAX];
    struct deploy_head head = {DEPLOY_MAGIC, type, (uint16_t)n};
    memcpy(message, &head, sizeof head);
    if (n > 0)
        memcpy(message + sizeof head, bytes, n);
    return write_all(message, sizeof head + n);
}

bool reply_error(int error, const char *text)
{
    uint8_t bytes[4 + 200];
    uint32_t number = (uint32_t)error;
    size_t n = strnlen(text, sizeof bytes - sizeof number);
    memcpy(bytes, &number, sizeof number);
    memcpy(bytes + sizeof number, text, n);
    return reply(DEPLOY_ERROR, bytes, sizeof number + n);
}

static bool handle(uint8_t type, uint8_t *bytes, size_t n)
{
    switch (type) {
    case DEPLOY_BEGIN:
        return receive_begin(bytes, n);
    case DEPLOY_PUT:
        return receive_put(bytes, n);
    case DEPLOY_COMMIT:
        return receive_commit();
    case DEPLOY_GET:
        return send_file(bytes, n);
    case DEPLOY_RUN:
        return run_command((char *)bytes, n);
    case DEPLOY_SHELL:
        return start_shell((char *)bytes, n);
    case DEPLOY_REBOOT:
        return reboot_soon();
    default:
        return reply_error(ENOSYS, "deployd does not know this request: is it older than qrv?");
    }
}

static void serve(void)
{
    static uint8_t bytes[DEPLOY_DATA_MAX + 1]; /* a NUL behind every text */
    struct deploy_head head;
    while (read_all((uint8_t *)&head, sizeof head)) {
        if (head.magic != DEPLOY_MAGIC || head.bytes > DEPLOY_DATA_MAX)
            break; /* the stream makes no sense: the next connection begins anew */
        if (!read_all(bytes, head.bytes))
            break;
        bytes[head.bytes] = 0;
        if (!handle(head.type, bytes, head.bytes))
            break;
    }
    receive_abandon();
}

int main(int argc, char **argv)
{
    const char *device = "/dev/deploy";
    bool stay = false;
    int option;
    while ((option = getopt(argc, argv, "o:")) != -1) {
        if (option != 'o' || strcmp(optarg, "nodaemon") != 0)
            return EXIT_FAILURE;
        stay = true;
    }
    if (optind < argc)
        device = argv[optind];
    if (access(device, R_OK | W_OK) == -1) {
        fprintf(stderr, "deployd: %s: %s\n", device, strerror(errno));
        return EXIT_FAILURE;
    }
    if (!stay && procmgr_daemon(EXIT_SUCCESS, 0) == -1)
        return EXIT_FAILURE;
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        channel_fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (channel_fd != -1) {
            serve();
            close(channel_fd);
        } else
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
}
