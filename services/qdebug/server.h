/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to GDB. */
#pragma once
#include "rsp.h"
#include "target.h"

struct server {
    int fd;
    bool is_quiet;    /* no acknowledgements: QStartNoAckMode */
    bool is_extended; /* extended-remote: it goes on without a process */
    bool has_swbreak, has_exec_events, has_fork_events, has_no_resumed; /* what GDB understands */
    bool is_waiting;  /* GDB waits for a stop */
    bool is_nonstop, is_notifying; /* nonstop.c; GDB was told of a stop and asks for more until there are none */
    bool is_over;     /* the session is to end */
    struct rsp in;
    struct rsp_out out;
    struct rsp_out note;       /* a notification */
    struct startup startup; /* of what vRun starts */
    struct rsp_thread general; /* Hg: of registers, memory, breakpoints */
};

/* A packet that has come: the answer is in s->out; false: nothing is sent (yet). */
bool server_packet(struct server *s, const char *packet, size_t bytes);
bool server_interrupt(struct server *s); /* byte 3: as above */
bool server_event(struct server *s, pid_t pid); /* a pulse of a target: as above */
void server_end(struct server *s); /* the connection is gone: started processes end, others go on */

bool server_is_needed(pid_t pid); /* main.c: the process serves the line to GDB */

/* ---- between the files; each writes to s->out */
struct target *server_target(const struct server *s); /* of s->general, NULL none */
void reply_ok(struct server *s);
void reply_error(struct server *s, int error); /* E and the errno */
void reply_result(struct server *s, int error); /* one of these */
bool server_knows(const struct target *t);      /* GDB does */
bool server_has_thread(const struct rsp_thread *who);
/* report.c: stop replies. */
void report_stop(struct server *s, struct target *t, const procfs_status *status, int signo); /* as GDB is to see it, the target's number */
bool report_process(struct server *s, struct target *t); /* its end, exec, or a fork; false: none of these */
void query_packet(struct server *s, const char *packet, size_t bytes); /* q and Q */
void access_get_all(struct server *s); /* access.c: what is behind g, G, p, P, m, M, X, z, Z */
void access_set_all(struct server *s, const char *at);
void access_one(struct server *s, const char *at, bool is_set);
void access_read(struct server *s, const char *at);
void access_write(struct server *s, const char *at, const char *end, bool is_binary);
void access_break(struct server *s, const char *at, bool is_set);
bool xfer_packet(struct server *s, const char *at, size_t bytes); /* behind "qXfer:"; false: unknown object */
ssize_t xfer_exec_file(pid_t pid, char *path, size_t room); /* as read() */
void vfile_packet(struct server *s, const char *at, size_t bytes); /* behind "vFile:" */
void vfile_end(void);
void describe_thread(const procfs_status *status, char *text, size_t room); /* "REPLY-blocked on pid 7 chid 2" */
int signal_to_gdb(int signo);
int signal_from_gdb(int number); /* 0: there is none */
