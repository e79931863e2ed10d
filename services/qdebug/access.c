/* SPDX-License-Identifier: Apache-2.0 */
/* Registers, memory and breakpoints of the general thread. */
#include <errno.h>
#include <string.h>

#include "registers.h"
#include "server.h"

#define MEMORY_MAX (RSP_PACKET_MAX / 2 - 8)

/* The general thread: of Hg, else the first one. */
static struct target *general(struct server *s, int *tid)
{
    struct target *t = server_target(s);
    procfs_status status;
    *tid = s->general.tid > 0 ? s->general.tid : 0;
    if (t != NULL && *tid == 0)
        *tid = target_thread(t, 1, &status) ? status.tid : 0;
    return t != NULL && *tid > 0 ? t : NULL;
}

void access_get_all(struct server *s)
{
    struct registers r;
    uint8_t value[8];
    int tid;
    struct target *t = general(s, &tid);
    int error = t != NULL ? target_get_regs(t, tid, &r.g, &r.f) : ESRCH;
    if (error != EOK) {
        reply_error(s, error);
        return;
    }
    for (unsigned i = 0; i < REGISTERS; i++) {
        register_get(&r, i, value);
        rsp_hex(&s->out, value, register_bytes(i));
    }
}

static int store(struct target *t, int tid, const struct registers *old, const struct registers *r)
{
    bool has_g = memcmp(&old->g, &r->g, sizeof r->g) != 0, has_f = memcmp(&old->f, &r->f, sizeof r->f) != 0;
    return target_set_regs(t, tid, has_g ? &r->g : NULL, has_f ? &r->f : NULL);
}

void access_set_all(struct server *s, const char *at)
{
    uint8_t bytes[REGISTERS * 8];
    size_t n, used = 0;
    struct registers r, old;
    int tid;
    struct target *t = general(s, &tid);
    int error = t != NULL ? target_get_regs(t, tid, &r.g, &r.f) : ESRCH;
    if (error == EOK && (!rsp_bytes(&at, bytes, sizeof bytes, &n) || *at != '\0'))
        error = EINVAL;
    old = r;
    for (unsigned i = 0; error == EOK && i < REGISTERS && used + register_bytes(i) <= n; i++) {
        register_set(&r, i, bytes + used);
        used += register_bytes(i);
    }
    reply_result(s, error == EOK ? store(t, tid, &old, &r) : error);
}

void access_one(struct server *s, const char *at, bool is_set)
{
    uint64_t number, value = 0;
    struct registers r, old;
    size_t n;
    int tid;
    struct target *t = general(s, &tid);
    int error = t != NULL ? target_get_regs(t, tid, &r.g, &r.f) : ESRCH;
    if (error == EOK && (!rsp_number(&at, &number) || number >= REGISTERS))
        error = EINVAL;
    if (error == EOK && is_set && (!rsp_skip(&at, "=") || !rsp_bytes(&at, &value, 8, &n)))
        error = EINVAL;
    if (error != EOK) {
        reply_error(s, error);
        return;
    }
    old = r;
    if (is_set) {
        register_set(&r, (unsigned)number, &value);
        reply_result(s, store(t, tid, &old, &r));
    } else {
        register_get(&r, (unsigned)number, &value);
        rsp_hex(&s->out, &value, register_bytes((unsigned)number));
    }
}

void access_read(struct server *s, const char *at)
{
    static uint8_t data[MEMORY_MAX];
    uint64_t addr, bytes;
    const struct target *t = server_target(s);
    if (t == NULL || !rsp_pair(&at, &addr, &bytes) || *at != '\0') {
        reply_error(s, t == NULL ? ESRCH : EINVAL);
        return;
    }
    ssize_t n = target_read(t, addr, data, bytes < sizeof data ? bytes : sizeof data);
    if (n < 0 || (n == 0 && bytes > 0))
        reply_error(s, EFAULT);
    else
        rsp_hex(&s->out, data, (size_t)n);
}

void access_write(struct server *s, const char *at, const char *end, bool is_binary)
{
    static uint8_t data[MEMORY_MAX];
    uint64_t addr, bytes;
    size_t n = 0;
    const struct target *t = server_target(s);
    int error = t == NULL ? ESRCH : rsp_pair(&at, &addr, &bytes) && rsp_skip(&at, ":") ? EOK : EINVAL;
    if (error == EOK && is_binary && (uint64_t)(end - at) != bytes)
        error = EINVAL;
    if (error == EOK && !is_binary && (!rsp_bytes(&at, data, sizeof data, &n) || n != bytes))
        error = EINVAL;
    if (error == EOK && bytes > 0 &&
        target_write(t, addr, is_binary ? (const void *)at : data, bytes) != (ssize_t)bytes)
        error = EFAULT;
    reply_result(s, error);
}

void access_break(struct server *s, const char *at, bool is_set)
{
    uint64_t type, addr, kind;
    const struct target *t = server_target(s);
    if (!rsp_number(&at, &type) || type != 0)
        return; /* only software breakpoints: empty */
    if (t == NULL || !rsp_skip(&at, ",") || !rsp_pair(&at, &addr, &kind))
        reply_error(s, t == NULL ? ESRCH : EINVAL);
    else
        reply_result(s, target_break(t, addr, is_set));
}
