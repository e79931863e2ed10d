/* SPDX-License-Identifier: Apache-2.0 */
/* Stands for the config.h of OpenSSH's configure script; the names of the file "have" follow it. */
#define SIZEOF_SHORT_INT 2
#define SIZEOF_INT 4
#define SIZEOF_LONG_INT 8
#define SIZEOF_LONG_LONG_INT 8
#define SIZEOF_TIME_T 8
#define GETPGRP_VOID 1
#define SNPRINTF_CONST const
#define HAVE_DECL_GETPEEREID 0
/* Named by files that sftp-server shares with other programs. */
#define SSHDIR "/etc/ssh"
#define _PATH_SSH_PIDDIR "/dev/shmem"
