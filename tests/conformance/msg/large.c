/* SPDX-License-Identifier: Apache-2.0 */
/* Large and oddly cut messages between two processes arrive byte for byte.
 * Page: QNX Neutrino System Architecture, "Message copying", "Multipart transfers". */
#include <sys/mman.h>
#include "../rendezvous.h"

#define BIG (1 << 20)

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 131 + (i >> 8) * 7);
}

/* Receives into three uneven parts and sends everything back, inverted, by MsgWrite in pieces. */
static void server(int chid)
{
    uint8_t *buf = calloc(1, BIG);
    iov_t v[3];
    SETIOV(&v[0], buf, 1);
    SETIOV(&v[1], buf + 1, 4095);
    SETIOV(&v[2], buf + 4096, BIG - 4096);
    for (;;) {
        struct _msg_info info;
        int rcvid = MsgReceivev(chid, v, 3, &info);
        if (rcvid <= 0)
            _exit(1);
        for (int64_t i = 0; i < info.msglen; i++)
            buf[i] = (uint8_t)~buf[i];
        for (int64_t off = 0; off < info.msglen; off += 10007) {
            int64_t n = info.msglen - off < 10007 ? info.msglen - off : 10007;
            MsgWrite(rcvid, buf + off, (size_t)n, (size_t)off);
        }
        MsgReply(rcvid, (long)info.msglen, NULL, 0);
    }
}

static int check(int coid, size_t len, size_t shift)
{
    uint8_t *out = calloc(1, BIG + 64), *in = calloc(1, BIG + 64);
    for (size_t i = 0; i < len; i++)
        out[shift + i] = pattern(i);
    long n = MsgSend(coid, out + shift, len, in + shift, len);
    int good = n == (long)len;
    for (size_t i = 0; good && i < len; i++)
        good = in[shift + i] == 255 - pattern(i);
    free(out);
    free(in);
    return good;
}

int main(void)
{
    static const size_t lens[] = { 1, 63, 64, 255, 4095, 4096, 4097, 65536, 100001, BIG };
    int fd[2], chid = -1;
    if (pipe(fd) == -1)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        chid = ChannelCreate(0);
        if (write(fd[1], &chid, sizeof(chid)) == sizeof(chid))
            server(chid);
        _exit(1);
    }
    if (read(fd[0], &chid, sizeof(chid)) != sizeof(chid))
        bail_out("no server");
    int coid = ConnectAttach(0, pid, chid, _NTO_SIDE_CHANNEL, 0);
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        ok(check(coid, lens[i], 0), "%zu bytes, aligned", lens[i]);
        ok(check(coid, lens[i], 13), "%zu bytes, at an odd address", lens[i]);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return done();
}
