/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - asks a host for an answer

%C [-4 | -6] [-c count] [-i seconds] [-s bytes] [-W seconds] host

 -c count    echo requests that are sent (default: until Ctrl-C)
 -i seconds  time between them (default 1, fractions allowed)
 -s bytes    data in each (default 56)
 -W seconds  how long an answer is waited for (default 5)
Exit status 0 when at least one answer came.  For user 0 only.
#endif
/* clang-format on */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATA_MAX 1400
#define HEADER   8

static struct {
    int fd, family, data;
    unsigned long count;
    double interval, patience;
    struct sockaddr_storage to;
    socklen_t to_len;
    unsigned id, sent, got;
} ping = {.family = AF_UNSPEC, .data = 56, .count = 0, .interval = 1, .patience = 5};
static volatile sig_atomic_t stopped;

static void on_signal(int signo)
{
    (void)signo;
    stopped = 1;
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint16_t checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    if (n & 1)
        sum += (uint32_t)p[n - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static bool send_request(unsigned sequence)
{
    uint8_t packet[HEADER + DATA_MAX] = {ping.family == AF_INET ? 8 : 128};
    size_t n = HEADER + (size_t)ping.data;
    packet[4] = (uint8_t)(ping.id >> 8);
    packet[5] = (uint8_t)ping.id;
    packet[6] = (uint8_t)(sequence >> 8);
    packet[7] = (uint8_t)sequence;
    for (size_t i = HEADER; i < n; i++)
        packet[i] = (uint8_t)i;
    if (ping.family == AF_INET) { /* that of IPv6 covers addresses: the server adds it */
        uint16_t sum = checksum(packet, n);
        packet[2] = (uint8_t)(sum >> 8);
        packet[3] = (uint8_t)sum;
    }
    if (sendto(ping.fd, packet, n, 0, (struct sockaddr *)&ping.to, ping.to_len) != (ssize_t)n) {
        fprintf(stderr, "ping: %s\n", strerror(errno));
        return false;
    }
    ping.sent++;
    return true;
}

/* The sequence number of an answer to us, or -1.  *bytes: of the ICMP message. */
static long read_answer(char from[INET6_ADDRSTRLEN], size_t *bytes)
{
    static uint8_t packet[65536];
    struct sockaddr_storage a;
    socklen_t len = sizeof a;
    ssize_t n = recvfrom(ping.fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&a, &len);
    size_t skip = ping.family == AF_INET && n > 0 ? (packet[0] & 15u) * 4 : 0;
    if (n < (ssize_t)(skip + HEADER))
        return -1;
    const uint8_t *icmp = packet + skip;
    if (icmp[0] != (ping.family == AF_INET ? 0 : 129) || (unsigned)(icmp[4] << 8 | icmp[5]) != ping.id)
        return -1;
    *bytes = (size_t)n - skip;
    getnameinfo((struct sockaddr *)&a, len, from, INET6_ADDRSTRLEN, NULL, 0, NI_NUMERICHOST);
    return icmp[6] << 8 | icmp[7];
}

static void collect(double until, unsigned newest, double sent_at)
{
    char from[INET6_ADDRSTRLEN];
    size_t bytes;
    while (!stopped) {
        double left = until - now();
        struct pollfd p = {.fd = ping.fd, .events = POLLIN};
        if (left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) <= 0)
            return;
        long sequence = read_answer(from, &bytes);
        if (sequence == -1)
            continue;
        ping.got++;
        if ((unsigned)sequence == newest)
            printf("%zu bytes from %s: icmp_seq=%ld time=%.3f ms\n", bytes, from, sequence,
                   (now() - sent_at) * 1e3);
        else
            printf("%zu bytes from %s: icmp_seq=%ld\n", bytes, from, sequence);
        fflush(stdout);
        if (ping.count != 0 && ping.got == ping.count)
            return;
    }
}

static int run(void)
{
    for (unsigned sequence = 0; !stopped && (ping.count == 0 || sequence < ping.count); sequence++) {
        double start = now();
        if (!send_request(sequence))
            return EXIT_FAILURE;
        bool last = ping.count != 0 && sequence + 1 == ping.count;
        collect(start + (last ? ping.patience : ping.interval), sequence, start);
    }
    printf("%u sent, %u received, %u%% lost\n", ping.sent, ping.got,
           ping.sent ? (ping.sent - ping.got) * 100 / ping.sent : 0);
    return ping.got > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool find(const char *host)
{
    struct addrinfo hints = {.ai_family = ping.family, .ai_socktype = SOCK_RAW}, *list;
    int error = getaddrinfo(host, NULL, &hints, &list);
    if (error != 0) {
        fprintf(stderr, "ping: %s: %s\n", host, gai_strerror(error));
        return false;
    }
    memcpy(&ping.to, list->ai_addr, list->ai_addrlen);
    ping.to_len = list->ai_addrlen;
    ping.family = list->ai_family;
    freeaddrinfo(list);
    ping.fd = socket(ping.family, SOCK_RAW, ping.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    if (ping.fd == -1)
        fprintf(stderr, "ping: %s\n", strerror(errno));
    return ping.fd != -1;
}

static bool parse(int argc, char **argv)
{
    int option;
    while ((option = getopt(argc, argv, "46c:i:s:W:")) != -1) {
        if (option == '4' || option == '6')
            ping.family = option == '4' ? AF_INET : AF_INET6;
        else if (option == 'c')
            ping.count = strtoul(optarg, NULL, 10);
        else if (option == 'i')
            ping.interval = strtod(optarg, NULL);
        else if (option == 's')
            ping.data = atoi(optarg);
        else if (option == 'W')
            ping.patience = strtod(optarg, NULL);
        else
            return false;
    }
    return optind + 1 == argc && ping.data >= 0 && ping.data <= DATA_MAX && ping.interval > 0 &&
           ping.interval < 1e5 && ping.patience > 0 && ping.patience < 1e5;
}

int main(int argc, char **argv)
{
    if (!parse(argc, argv)) {
        fprintf(stderr, "usage: ping [-4 | -6] [-c count] [-i seconds] [-s bytes] [-W seconds] host\n");
        return EXIT_FAILURE;
    }
    if (!find(argv[optind]))
        return EXIT_FAILURE;
    ping.id = (unsigned)getpid() & 0xffff;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_signal}, NULL);
    return run();
}
