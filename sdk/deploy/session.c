/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "../common/buf.h"
#include "../common/sdk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

void session_close(struct session *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Media are slow, and some bytes are read twice: a second for each 128 KiB. */
void session_reads(struct session *s, uint64_t bytes)
{
    s->silence_s = (s->answer_s > 0 ? s->answer_s : ANSWER_S) + (long)(bytes >> 17);
    if (s->fd >= 0)
        client_patience(s->fd, s->silence_s);
}

enum outcome session_broken(struct session *s)
{
    if (errno == ETIMEDOUT)
        snprintf(s->busy, sizeof s->busy, "the target: deployd has not moved for %ld seconds", s->silence_s);
    return BROKEN;
}

enum outcome session_next(struct session *s, const char *what)
{
    if (!client_receive(s->fd, &s->m))
        return session_broken(s);
    if (s->m.type != DEPLOY_ERROR)
        return ALL_DONE;
    uint32_t error = 0;
    memcpy(&error, s->m.data, s->m.bytes >= sizeof error ? sizeof error : 0);
    if (error == EBUSY) { /* our own connection from before the break, perhaps */
        snprintf(s->busy, sizeof s->busy, "the target: %.150s", (const char *)s->m.data + sizeof error);
        return BROKEN;
    }
    s->was_expected = error != 0 && error == s->expected;
    if (!s->was_expected)
        complain(0, "%s: the target: %s", what, s->m.bytes > 4 ? (const char *)s->m.data + 4 : "error");
    return FAILED;
}

bool session_ask(struct session *s, uint8_t type, const void *head, size_t n, const char *path)
{
    uint8_t request[DEPLOY_DATA_MAX];
    size_t len = strlen(path) + 1;
    if (n + len > sizeof request)
        return false;
    memcpy(request, head, n);
    memcpy(request + n, path, len);
    return client_send(s->fd, type, request, n + len);
}

int session_run(struct session *s, const char *what, enum outcome (*once)(struct session *, void *),
                void *arg)
{
    long long limit = now_s() + s->patience_s;
    unsigned differs = 0;
    s->moved = 0;
    s->breaks = 0;
    s->was_expected = false;
    for (;;) {
        char *why = NULL;
        uint64_t before = s->moved;
        if (s->fd < 0)
            s->fd = client_open(s->target, "deploy", &why);
        s->busy[0] = '\0';
        session_reads(s, 0);
        enum outcome outcome = s->fd < 0 ? BROKEN : once(s, arg);
        if (outcome == ALL_DONE)
            return 0;
        if (s->fd >= 0 && outcome == BROKEN)
            why = s->busy[0] != '\0' ? xstrdup(s->busy) : client_reason(s->target);
        if (outcome == FAILED && s->was_expected) /* the connection is good for the next question */
            return EXIT_FAILED;
        session_close(s);
        if (outcome == FAILED)
            return EXIT_FAILED;
        if (outcome == AGAIN && ++differs == 3)
            return complain(EXIT_FAILED, "%s: the copy differs from the file, three times", what);
        if (outcome == AGAIN)
            continue;
        if (s->moved > before) /* it moved: patience begins anew */
            limit = now_s() + s->patience_s;
        if (now_s() >= limit) {
            complain(0, "%s: %s", what, why);
            free(why);
            return EXIT_FAILED;
        }
        free(why);
        s->breaks++;
        usleep(300000);
    }
}
