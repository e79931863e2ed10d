/* SPDX-License-Identifier: Apache-2.0 */
/* The network's speed: one program for QRV, for Linux as its only process, and for the build machine, which is the
 * other end.  POSIX, but for Linux's way to its modules, interfaces and mounts.
 *   netbench peer              the other end, on two ports of the loopback address that it prints: TCP and UDP
 *   netbench HOST TCP UDP [DIR [NAME]]        measures, or NAME alone; DIR is the mount, with a file "in"; - is none
 *   /init HOST TCP UDP NFS     the same on Linux, NFS being the server's port
 * Says "net NAME VALUE": kilobytes (1000 bytes) a second, or, of NAMEs that end in rr, nanoseconds. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <dirent.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#endif

enum { PART = 65536, STREAM = 16 << 20, FILE_BYTES = 32 << 20, TURNS = 1000 };

static char part[PART];
static const char *only; /* NULL: everything */

static void give_up(const char *what)
{
    printf("net failed: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ------------------------------------------------------------------ the other end */

static int send_all(int fd, uint64_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, part, bytes < PART ? bytes : PART);
        if (n <= 0)
            return -1;
        bytes -= (uint64_t)n;
    }
    return 0;
}

/* What a connection wants: 'd' takes all and says one byte, 's' and a number sends, 'e' sends back. */
static void serve(int fd)
{
    char what;
    uint64_t bytes;
    ssize_t n;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (read(fd, &what, 1) != 1)
        return;
    if (what == 's' && recv(fd, &bytes, sizeof bytes, MSG_WAITALL) == sizeof bytes)
        send_all(fd, bytes);
    while ((n = read(fd, part, PART)) > 0)
        if (what == 'e' && write(fd, part, (size_t)n) != n)
            return;
    if (what == 'd' && n == 0)
        n = write(fd, "", 1);
}

static int listen_on(int type, uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, type, 0);
    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
        (type == SOCK_STREAM && listen(fd, 8) == -1) || getsockname(fd, (struct sockaddr *)&a, &len) == -1)
        give_up("the other end");
    *port = ntohs(a.sin_port);
    return fd;
}

static _Noreturn void answer_datagrams(int fd)
{
    struct sockaddr_in from;
    char datagram[2048];
    for (;;) {
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, datagram, sizeof datagram, 0, (struct sockaddr *)&from, &len);
        if (n >= 0)
            sendto(fd, datagram, (size_t)n, 0, (struct sockaddr *)&from, len);
    }
}

/* Two processes that take what comes, until they are killed. */
static void be_peer(uint16_t ports[2], pid_t pids[2])
{
    int tcp = listen_on(SOCK_STREAM, &ports[0]), udp = listen_on(SOCK_DGRAM, &ports[1]);
    pids[0] = fork();
    while (pids[0] == 0) {
        int fd = accept(tcp, NULL, NULL);
        if (fd != -1) {
            serve(fd);
            close(fd);
        }
    }
    pids[1] = fork();
    if (pids[1] == 0)
        answer_datagrams(udp);
    if (pids[0] == -1 || pids[1] == -1)
        give_up("fork");
    close(tcp);
    close(udp);
}

/* ------------------------------------------------------------------ measuring */

static int connect_to(const char *host, uint16_t port, int type)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &a.sin_addr);
    int fd = socket(AF_INET, type, 0);
    if (fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof a) == -1)
        give_up(host);
    if (type == SOCK_STREAM)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static void say_rate(const char *where, const char *what, uint64_t bytes, uint64_t ns)
{
    printf("net %s-%s %llu\n", where, what, (unsigned long long)(bytes * 1000000 / (ns > 0 ? ns : 1)));
    fflush(stdout);
}

static int is_wanted(const char *where, const char *what)
{
    char name[40];
    snprintf(name, sizeof name, "%s-%s", where, what);
    return only == NULL || strcmp(only, name) == 0;
}

static void stream_out(const char *where, const char *host, uint16_t port)
{
    if (!is_wanted(where, "out"))
        return;
    int fd = connect_to(host, port, SOCK_STREAM);
    uint64_t start = now_ns();
    char c;
    if (write(fd, "d", 1) != 1 || send_all(fd, STREAM) == -1 || shutdown(fd, SHUT_WR) == -1 || read(fd, &c, 1) != 1)
        give_up("sending");
    say_rate(where, "out", STREAM, now_ns() - start);
    close(fd);
}

static void stream_in(const char *where, const char *host, uint16_t port)
{
    if (!is_wanted(where, "in"))
        return;
    int fd = connect_to(host, port, SOCK_STREAM);
    uint64_t start = now_ns(), bytes = STREAM, have = 0;
    char request[9] = "s";
    memcpy(request + 1, &bytes, sizeof bytes);
    if (write(fd, request, sizeof request) != sizeof request)
        give_up("asking");
    while (have < bytes) {
        ssize_t n = read(fd, part, PART);
        if (n <= 0)
            give_up("receiving");
        have += (uint64_t)n;
    }
    say_rate(where, "in", bytes, now_ns() - start);
    close(fd);
}

/* One byte there and back.  A datagram that is lost is sent again. */
static void turns(const char *where, const char *what, const char *host, uint16_t port, int type)
{
    if (!is_wanted(where, what))
        return;
    int fd = connect_to(host, port, type);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char c = 0;
    if (type == SOCK_STREAM && write(fd, "e", 1) != 1)
        give_up("asking");
    uint64_t start = 0;
    for (int i = -10; i < TURNS; i++) { /* the first ones fill tables */
        if (i == 0)
            start = now_ns();
        do
            if (write(fd, &c, 1) != 1)
                give_up("asking");
        while (type == SOCK_DGRAM && poll(&p, 1, 1000) == 0);
        if (read(fd, &c, 1) != 1)
            give_up("the answer");
    }
    printf("net %s-%s %llu\n", where, what, (unsigned long long)((now_ns() - start) / TURNS));
    fflush(stdout);
    close(fd);
}

static void measure(const char *where, const char *host, const uint16_t ports[2])
{
    stream_out(where, host, ports[0]);
    stream_in(where, host, ports[0]);
    turns(where, "tcp-rr", host, ports[0], SOCK_STREAM);
    turns(where, "udp-rr", host, ports[1], SOCK_DGRAM);
}

/* A file of its own that is written and made safe. */
static void write_file(const char *dir)
{
    char name[256];
    snprintf(name, sizeof name, "%s/out", dir);
    if (!is_wanted("nfs", "write"))
        return;
    uint64_t start = now_ns();
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd == -1 || send_all(fd, FILE_BYTES) == -1 || fsync(fd) == -1 || close(fd) == -1)
        give_up(name);
    say_rate("nfs", "write", FILE_BYTES, now_ns() - start);
}

/* One that this machine has not read yet. */
static void read_file(const char *dir)
{
    char name[256];
    uint64_t start = now_ns(), have = 0;
    snprintf(name, sizeof name, "%s/in", dir);
    if (!is_wanted("nfs", "read"))
        return;
    int fd = open(name, O_RDONLY);
    for (ssize_t n = 1; n > 0; have += (uint64_t)n)
        if (fd == -1 || (n = read(fd, part, PART)) == -1)
            give_up(name);
    close(fd);
    say_rate("nfs", "read", have, now_ns() - start);
    if (have != FILE_BYTES)
        give_up("a short file");
}

/* ------------------------------------------------------------------ Linux as our boot loader leaves it */

#ifdef __linux__
static int insert(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "/modules/%s", name);
    int fd = open(path, O_RDONLY);
    long rc = fd != -1 ? syscall(SYS_finit_module, fd, "", 0) : -1;
    close(fd);
    return rc == 0 || errno == EEXIST ? 0 : -1;
}

/* Those that another one has to come before are tried again. */
static void insert_all(void)
{
    for (int round = 0, missing = 1; missing > 0; round++) {
        const struct dirent *e;
        DIR *dir = opendir("/modules");
        missing = 0;
        while (dir != NULL && (e = readdir(dir)) != NULL)
            missing += e->d_name[0] != '.' && insert(e->d_name) == -1;
        if (dir == NULL || round == 20)
            give_up("modules");
        closedir(dir);
    }
}

static void set_address(const char *interface, const char *address, const char *mask)
{
    struct ifreq r = {0};
    struct sockaddr_in a = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), good = 0;
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", interface);
    inet_pton(AF_INET, address, &a.sin_addr);
    memcpy(&r.ifr_addr, &a, sizeof a);
    good += ioctl(fd, SIOCSIFADDR, &r) == 0;
    inet_pton(AF_INET, mask, &a.sin_addr);
    memcpy(&r.ifr_addr, &a, sizeof a);
    good += ioctl(fd, SIOCSIFNETMASK, &r) == 0;
    good += ioctl(fd, SIOCGIFFLAGS, &r) == 0;
    r.ifr_flags |= IFF_UP;
    good += ioctl(fd, SIOCSIFFLAGS, &r) == 0;
    if (good != 4)
        give_up(interface);
    close(fd);
}

static const char *become_init(const char *host, const char *port)
{
    char source[100], options[200];
    insert_all();
    set_address("lo", "127.0.0.1", "255.0.0.0");
    set_address("eth0", "10.0.2.15", "255.255.255.0");
    mkdir("/mnt", 0755);
    snprintf(source, sizeof source, "%s:/", host);
    snprintf(options, sizeof options, "vers=3,proto=tcp,mountproto=tcp,port=%s,mountport=%s,nolock,addr=%s", port, port, host);
    if (mount(source, "/mnt", "nfs", 0, options) == -1)
        give_up("mount");
    return "/mnt";
}

static void end_machine(void)
{
    reboot(RB_POWER_OFF);
}
#endif

int main(int argc, char **argv)
{
    uint16_t ports[2], own[2];
    pid_t pids[2];
    const char *dir = argc > 4 ? argv[4] : NULL;
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strcmp(argv[1], "peer") == 0) {
        be_peer(ports, pids);
        printf("%u %u %d %d\n", ports[0], ports[1], (int)pids[0], (int)pids[1]);
        fflush(stdout);
        return 0;
    }
    if (argc < 4)
        return EXIT_FAILURE;
    ports[0] = (uint16_t)atoi(argv[2]);
    ports[1] = (uint16_t)atoi(argv[3]);
#ifdef __linux__
    if (getpid() == 1) {
        atexit(end_machine);
        dir = become_init(argv[1], argv[4]);
    } else
#endif
        only = argc > 5 ? argv[5] : NULL;
    measure("host", argv[1], ports);
    be_peer(own, pids);
    measure("loop", "127.0.0.1", own);
    kill(pids[0], SIGKILL);
    kill(pids[1], SIGKILL);
    waitpid(pids[0], NULL, 0);
    waitpid(pids[1], NULL, 0);
    if (dir != NULL && strcmp(dir, "-") != 0) {
        write_file(dir);
        read_file(dir);
    }
    printf("net end\n");
    fflush(stdout);
    return 0;
}
