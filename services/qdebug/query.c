/* SPDX-License-Identifier: Apache-2.0 */
/* What GDB asks and sets before and beside the debugging itself: q and Q packets. */
#include <errno.h>
#include <string.h>

#include "image.h"
#include "nonstop.h"
#include "registers.h"
#include "server.h"

static void list_threads(struct server *s)
{
    procfs_status status;
    const char *separator = "m";
    for (size_t i = 0; i < TARGETS_MAX; i++)
        for (int tid = 1; server_knows(&targets[i]) && target_thread(&targets[i], tid, &status); tid = status.tid + 1) {
            rsp_format(&s->out, "%sp%x.%x", separator, (unsigned)targets[i].pid, (unsigned)status.tid);
            separator = ",";
        }
    if (s->out.bytes == 0)
        rsp_text(&s->out, "l");
}

static void extra_info(struct server *s, const char *at)
{
    struct rsp_thread who;
    procfs_status status;
    char text[96];
    if (!rsp_thread(&at, &who) || *at != '\0' || !server_has_thread(&who) || who.tid <= 0) {
        reply_error(s, ESRCH);
        return;
    }
    target_thread(target_find(who.pid > 0 ? who.pid : 0), who.tid, &status);
    describe_thread(&status, text, sizeof text);
    rsp_hex(&s->out, text, strlen(text));
}

static void supported(struct server *s, const char *at)
{
    s->has_swbreak = strstr(at, "swbreak+") != NULL;
    s->has_exec_events = strstr(at, "exec-events+") != NULL;
    s->has_fork_events = strstr(at, "fork-events+") != NULL;
    s->has_no_resumed = strstr(at, "no-resumed+") != NULL;
    target_set_flag(_DEBUG_FLAG_FORK, s->has_fork_events);
    rsp_format(&s->out, "PacketSize=%x;QStartNoAckMode+;multiprocess+;swbreak+;vContSupported+;QNonStop+;fork-events+;exec-events+;QPassSignals+;", RSP_PACKET_MAX);
    rsp_text(&s->out, "qXfer:features:read+;qXfer:threads:read+;qXfer:exec-file:read+;qXfer:auxv:read+;"
                      "qXfer:libraries-svr4:read+;QEnvironmentHexEncoded+;QEnvironmentUnset+;QEnvironmentReset+;QSetWorkingDir+;QDisableRandomization+;"
                      "qXfer:osdata:read+;qXfer:siginfo:read+;qXfer:siginfo:write+;no-resumed+");
}

static void pass_signals(struct server *s, const char *at)
{
    uint64_t set = 0, number;
    while (rsp_number(&at, &number)) {
        int signo = number < 256 ? signal_from_gdb((int)number) : 0;
        if (signo != 0)
            set |= 1ul << (signo - 1);
        if (!rsp_skip(&at, ";"))
            break;
    }
    target_pass_signals(set);
    reply_ok(s);
}

static void attached(struct server *s, const char *at)
{
    uint64_t pid = 0;
    if (rsp_skip(&at, ":") && (!rsp_number(&at, &pid) || pid > INT32_MAX)) {
        reply_error(s, EINVAL);
        return;
    }
    const struct target *t = target_find((pid_t)pid);
    if (t == NULL)
        reply_error(s, ESRCH);
    else
        rsp_text(&s->out, t->is_ours ? "0" : "1");
}

/* THREAD,OFFSET,LINK-MAP */
static void tls_address(struct server *s, const char *at)
{
    struct rsp_thread who;
    uint64_t offset, lm, addr;
    struct registers r;
    if (!rsp_thread(&at, &who) || !rsp_skip(&at, ",") || !rsp_pair(&at, &offset, &lm) || *at != '\0' || !server_has_thread(&who) || who.tid <= 0) {
        reply_error(s, EINVAL);
        return;
    }
    const struct target *t = target_find(who.pid > 0 ? who.pid : 0);
    int error = target_get_regs(t, who.tid, &r.g, &r.f);
    if (error == EOK)
        error = image_tls(t, r.g.x[REG_TP], lm, offset, &addr);
    if (error == EOK)
        rsp_format(&s->out, "%lx", (unsigned long)addr);
    else
        reply_error(s, error);
}

/* What the next program is started with; the text is in hexadecimal. */
static void set_startup(struct server *s, const char *at, int (*set)(struct startup *s, const char *text))
{
    static char text[RSP_PACKET_MAX / 2 + 1];
    size_t n;
    if (!rsp_bytes(&at, text, sizeof text - 1, &n) || *at != '\0' || memchr(text, '\0', n) != NULL) {
        reply_error(s, EINVAL);
        return;
    }
    text[n] = '\0';
    reply_result(s, set(&s->startup, text));
}

/* "monitor": text in hexadecimal in both directions. */
static void monitor(struct server *s, const char *at)
{
    static const char help[] = "The following monitor commands are supported:\n"
                               "  exit  ends this session; what it has started is killed, the rest goes on\n  help  this text\n";
    char text[64];
    size_t n;
    if (!rsp_bytes(&at, text, sizeof text - 1, &n) || *at != '\0') {
        reply_error(s, EINVAL);
        return;
    }
    text[n] = '\0';
    s->is_over = strcmp(text, "exit") == 0;
    if (s->is_over)
        reply_ok(s);
    else if (strcmp(text, "help") == 0)
        rsp_hex(&s->out, help, strlen(help));
    else
        rsp_hex(&s->out, "unknown command, see \"monitor help\"\n", 36);
}

static bool startup_packet(struct server *s, const char *at)
{
    if (rsp_skip(&at, "QEnvironmentHexEncoded:"))
        set_startup(s, at, startup_set);
    else if (rsp_skip(&at, "QEnvironmentUnset:"))
        set_startup(s, at, startup_unset);
    else if (rsp_skip(&at, "QSetWorkingDir:"))
        set_startup(s, at, startup_directory);
    else if (strcmp(at, "QEnvironmentReset") == 0) {
        startup_reset_environment(&s->startup);
        reply_ok(s);
    } else if (strcmp(at, "QDisableRandomization:0") == 0 || strcmp(at, "QDisableRandomization:1") == 0) {
        s->startup.is_fixed = at[strlen(at) - 1] == '1';
        reply_ok(s);
    } else
        return false;
    return true;
}

void query_packet(struct server *s, const char *at, size_t bytes)
{
    const char *start = at;
    if (rsp_skip(&at, "qSupported"))
        supported(s, at);
    else if (rsp_skip(&at, "qXfer:"))
        (void)xfer_packet(s, at, bytes - (size_t)(at - start));
    else if (strcmp(at, "qC") == 0 && server_target(s) != NULL)
        rsp_format(&s->out, "QCp%x.%x", (unsigned)server_target(s)->pid, s->general.tid > 0 ? (unsigned)s->general.tid : 1);
    else if (strcmp(at, "qfThreadInfo") == 0)
        list_threads(s);
    else if (strcmp(at, "qsThreadInfo") == 0)
        rsp_text(&s->out, "l");
    else if (rsp_skip(&at, "qThreadExtraInfo,"))
        extra_info(s, at);
    else if (rsp_skip(&at, "qAttached"))
        attached(s, at);
    else if (rsp_skip(&at, "qGetTLSAddr:"))
        tls_address(s, at);
    else if (rsp_skip(&at, "qRcmd,"))
        monitor(s, at);
    else if (startup_packet(s, at))
        return;
    else if (rsp_skip(&at, "qSymbol:"))
        reply_ok(s);
    else if (rsp_skip(&at, "QPassSignals:"))
        pass_signals(s, at);
    else if (strcmp(at, "QNonStop:0") == 0 || strcmp(at, "QNonStop:1") == 0) {
        nonstop_switch(s, at[9] == '1');
        reply_ok(s);
    } else if (strcmp(at, "QStartNoAckMode") == 0) {
        s->is_quiet = true;
        reply_ok(s);
    }
}
