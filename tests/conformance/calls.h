/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Table-driven tests of kernel calls in both forms. Foo() returns -1 and sets errno; Foo_r() leaves errno alone and returns
 * -errno when its success value means something (the "value" macros), else a positive errno (the "status" macros).
 *
 *     fails_value(MsgSend, EBADF, "unknown connection", -1, NULL, 0, NULL, 0);    covers MsgSend:EBADF MsgSend_r:EBADF
 *     bad_value(MsgReceive, info, chid, buf, 8, BAD);                             covers MsgReceive:info, :EFAULT, and of _r
 *     works(MsgInfo, rcvid, &info);                                               covers MsgInfo:ok MsgInfo_r:ok
 */
#pragma once
#include "rendezvous.h"

#define BAD       ((void *)8)                   /* nothing is mapped there */
#define IN_KERNEL ((void *)0xffffffc080000000UL) /* the kernel's, not ours */
#define UNTOUCHED 7777                          /* no errno: a _r form must leave it */

/* What a call gave, as one number: its value, or -errno. -UNTOUCHED when a _r form changed errno. */
#define PLAIN(call)                                                                                \
    ({                                                                                             \
        errno = 0;                                                                                 \
        long plain_rc = (long)(call);                                                              \
        plain_rc == -1 ? -(long)errno : plain_rc;                                                  \
    })
#define R_VALUE(call)                                                                              \
    ({                                                                                             \
        errno = UNTOUCHED;                                                                         \
        long r_rc = (long)(call);                                                                  \
        errno == UNTOUCHED ? r_rc : -UNTOUCHED;                                                    \
    })
#define R_STATUS(call)                                                                             \
    ({                                                                                             \
        errno = UNTOUCHED;                                                                         \
        long r_rc = (long)(call);                                                                  \
        errno == UNTOUCHED ? -r_rc : -UNTOUCHED;                                                   \
    })

static inline void calls_judge(const char *name, const char *what, long want, long plain, long r)
{
    ok(plain == want && r == want, "%s: %s (%ld, _r %ld)", name, what, plain, r);
}

#define FAILS_(R, name, cells, err, what, ...)                                                     \
    do {                                                                                           \
        long fails_a = PLAIN(name(__VA_ARGS__)), fails_b = R(name##_r(__VA_ARGS__));               \
        covers(cells);                                                                             \
        calls_judge(#name, what, -(long)(err), fails_a, fails_b);                                  \
    } while (0)

/* name() and name_r() fail with err. */
#define fails_value(name, err, what, ...)                                                          \
    FAILS_(R_VALUE, name, #name ":" #err " " #name "_r:" #err, err, #err ", " what, __VA_ARGS__)
#define fails_status(name, err, what, ...)                                                         \
    FAILS_(R_STATUS, name, #name ":" #err " " #name "_r:" #err, err, #err ", " what, __VA_ARGS__)
/* The pointer argument arg is bad: EFAULT. */
#define bad_value(name, arg, ...)                                                                  \
    FAILS_(R_VALUE, name,                                                                          \
           #name ":EFAULT " #name "_r:EFAULT " #name ":bad_" #arg " " #name "_r:bad_" #arg,        \
           EFAULT, "bad " #arg, __VA_ARGS__)
#define bad_status(name, arg, ...)                                                                 \
    FAILS_(R_STATUS, name,                                                                         \
           #name ":EFAULT " #name "_r:EFAULT " #name ":bad_" #arg " " #name "_r:bad_" #arg,        \
           EFAULT, "bad " #arg, __VA_ARGS__)
/* The same where a bad buffer of one's own is ESRVRFAULT: in replies EFAULT is the client's. */
#define bad_own_value(name, arg, ...)                                                              \
    FAILS_(R_VALUE, name,                                                                          \
           #name ":ESRVRFAULT " #name "_r:ESRVRFAULT " #name ":bad_" #arg " " #name "_r:bad_" #arg, \
           ESRVRFAULT, "bad " #arg, __VA_ARGS__)
/* Both forms give want, and _r leaves errno alone. */
#define gives(name, want, ...)                                                                     \
    do {                                                                                           \
        long gives_a = PLAIN(name(__VA_ARGS__)), gives_b = R_VALUE(name##_r(__VA_ARGS__));         \
        covers(#name ":ok " #name "_r:ok");                                                        \
        calls_judge(#name, "both forms give " #want, want, gives_a, gives_b);                      \
    } while (0)
#define works(name, ...) gives(name, 0, __VA_ARGS__)

/* Runs an expression in a child as user 1000, where it has no rights; its value is the child's verdict. */
#define unprivileged(expr)                                                                         \
    ({                                                                                             \
        int child_status = -1;                                                                     \
        pid_t child = fork();                                                                      \
        if (child == 0)                                                                            \
            _exit(setuid(1000) != 0 ? 9 : (expr) ? 0 : 1);                                         \
        waitpid(child, &child_status, 0);                                                          \
        child_status == 0;                                                                         \
    })
#define FAIL_BOTH_VALUE(name, err, ...)                                                            \
    (PLAIN(name(__VA_ARGS__)) == -(long)(err) && R_VALUE(name##_r(__VA_ARGS__)) == -(long)(err))
#define FAIL_BOTH_STATUS(name, err, ...)                                                           \
    (PLAIN(name(__VA_ARGS__)) == -(long)(err) && R_STATUS(name##_r(__VA_ARGS__)) == -(long)(err))
