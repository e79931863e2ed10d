/* SPDX-License-Identifier: Apache-2.0 */
/* errno values of QRV's libc (riscv64 Linux numbers, as musl has them), for code that has no libc. */
#pragma once

#define EOK 0
#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define EIO 5
#define E2BIG 7
#define ENOEXEC 8
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define EINVAL 22
#define EMFILE 24
#define EDEADLK 35
#define ENAMETOOLONG 36
#define ENOSYS 38
#define EOVERFLOW 75
#define EOPNOTSUPP 95
#define ENOTSUP 95
#define ETIMEDOUT 110
#define ECANCELED 125
#define EOWNERDEAD 130
#define ENOTRECOVERABLE 131
#define ERANGE 34
#define EMSGSIZE 90
#define EALREADY 114
#define ENOTTY 25
/* Neutrino's own, not in Linux: numbers above every Linux one */
#define ESRVRFAULT 312
#define ERESTART 316
#define ENOREMOTE 317
