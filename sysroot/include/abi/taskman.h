/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of the process, memory and path managers, sent on SYSMGR_COID.
 *
 * Every request starts with {uint16_t type, subtype}; the status of MsgSend is 0 or a positive result, errors come by MsgError.
 * Strings are NUL-terminated and counted with their NUL.  taskman answers anything malformed with EINVAL / ENOSYS.
 */
#pragma once
#include <stdint.h>
#include <abi/limits.h>
#include <abi/msg.h>
#include <abi/thread.h>

#define TMSG_BASE 0x1000
#define TMSG_PROC 0x1000
#define TMSG_MEM 0x1001
#define TMSG_PATH 0x1002
#define TMSG_SYS 0x1003

/* ------------------------------------------------------------------ processes (TMSG_PROC) */
#define TMSG_PROC_SPAWN 1    /* struct tmsg_spawn + strings -> pid, once the new program is loaded */
#define TMSG_PROC_EXEC 2     /* struct tmsg_spawn + strings: no reply on success */
#define TMSG_PROC_FORK 3     /* header -> pid in the parent after the child said FORK_DONE, 0 in the child */
#define TMSG_PROC_FORK_DONE 4 /* struct tmsg_status: child after re-opening its descriptors (status: errno or 0) */
#define TMSG_PROC_LOADED 5   /* struct tmsg_status, or tmsg_loaded, from the loader: 0 loaded, else errno; then the loader exits by itself */
#define TMSG_PROC_WAIT 6     /* struct tmsg_wait -> pid or 0 (WNOHANG), reply struct tmsg_wait_reply */
#define TMSG_PROC_GETID 7    /* struct tmsg_id{pid} -> reply struct tmsg_ids */
#define TMSG_PROC_SETPGID 8  /* struct tmsg_id{pid, value} */
#define TMSG_PROC_SETSID 9   /* header -> sid */
#define TMSG_PROC_SETCRED 10 /* struct tmsg_cred (only fields of mask) */
#define TMSG_PROC_UMASK 11   /* struct tmsg_id{value} -> old */
#define TMSG_PROC_DAEMON 12  /* struct tmsg_status: procmgr_daemon(): parent's wait sees status; session 1 */
#define TMSG_PROC_CTTY 13    /* header + path: controlling terminal of the caller's session (leader only); empty path: report, reply = path */
#define TMSG_PROC_RLIMIT 14  /* struct tmsg_rlimit -> reply: old struct tmsg_rlimit */
#define TMSG_PROC_RUSAGE 15  /* struct tmsg_id{value: 0 self, -1 children} -> reply struct tmsg_rusage */
#define TMSG_PROC_GETARGS 16 /* loader: struct tmsg_hdr -> reply: the spawn request as sent, with loader fields filled */
#define TMSG_PROC_EVENT 17   /* struct tmsg_event: procmgr_event_notify(); flags 0 removes */
#define TMSG_PROC_PRIORITY 18 /* reserved */

struct tmsg_hdr {
    uint16_t type, subtype;
    uint32_t reserved;
};

/* Followed by: path, argc argument strings, envc environment strings, then nfds int32_t fd-map entries and
 * nactions struct tmsg_action, each with its path string: all at the given offsets from the start of the message.  Total <= TMSG_SPAWN_MAX. */
struct tmsg_spawn {
    uint16_t type, subtype;
    uint32_t flags; /* TMSG_SPAWN_* */
    uint32_t total; /* bytes of the message */
    uint32_t argc, envc;
    uint32_t path_off, argv_off, envp_off, fds_off, actions_off;
    int32_t nfds; /* -1: all without CLOEXEC; else map: child fd i = parent fd map[i], -1 closed */
    uint32_t nactions;
    int32_t pgrp; /* with TMSG_SPAWN_SETGROUP, 0: own */
    int32_t policy; /* with TMSG_SPAWN_SETSCHED */
    uint32_t runmask;
    uint32_t reserved;
    struct _kc_sched_param sched;
    uint64_t sigmask, sigdefault, sigignore;
    uint64_t stack_max; /* 0 default */
    int32_t parent_pid; /* filled by taskman for the loader: whose descriptors to duplicate (own pid after exec) */
    int32_t umask;
    uint32_t euid, egid, ruid, rgid; /* filled by taskman for the loader: AT_UID.. */
    uint64_t loader_stack_hi;        /* filled by taskman: top of the main stack */
    uint8_t random[16];              /* filled by taskman: AT_RANDOM */
};
#define TMSG_SPAWN_MAX (512 * 1024)
#define TMSG_SPAWN_SETGROUP 0x0001
#define TMSG_SPAWN_SETSIGMASK 0x0002
#define TMSG_SPAWN_SETSIGDEF 0x0004
#define TMSG_SPAWN_SETSIGIGN 0x0008
#define TMSG_SPAWN_SETSCHED 0x0010
#define TMSG_SPAWN_SETSID 0x0020
#define TMSG_SPAWN_HOLD 0x0040     /* stopped before its first instruction */
#define TMSG_SPAWN_NOZOMBIE 0x0080
#define TMSG_SPAWN_SEARCH 0x0100   /* loader searches PATH when path has no slash */
#define TMSG_SPAWN_TCSETPGRP 0x0200
#define TMSG_SPAWN_RESETIDS 0x0400
#define TMSG_SPAWN_SCRIPT 0x0800   /* file without a known format is run by /bin/sh */
#define TMSG_SPAWN_ASLR_ON 0x1000  /* where the program lies is chosen at random; with none of the three as with the parent */
#define TMSG_SPAWN_ASLR_OFF 0x2000
#define TMSG_SPAWN_ASLR_INVERT 0x4000 /* the other way than the parent */
#define TMSG_SPAWN_ISEXEC 0x8000   /* filled by taskman */

struct tmsg_action { /* posix_spawn_file_actions, done by the loader in order */
    uint32_t op;     /* TMSG_ACT_* */
    int32_t fd, fd2;
    int32_t oflag;
    uint32_t mode;
    uint32_t path_off; /* from the start of the message */
};
#define TMSG_ACT_CLOSE 1
#define TMSG_ACT_DUP2 2 /* fd -> fd2 */
#define TMSG_ACT_OPEN 3
#define TMSG_ACT_CHDIR 4
#define TMSG_ACT_FCHDIR 5

struct tmsg_status {
    uint16_t type, subtype;
    int32_t status;
    uint32_t flags;
    char name[64]; /* LOADED: base name of the program for pidin */
};
struct tmsg_loaded { /* LOADED of a loader that has succeeded */
    struct tmsg_status head;
    uint64_t initial_stack; /* where argc is */
    char path[1024];        /* as it was opened */
};
struct tmsg_wait {
    uint16_t type, subtype;
    int32_t pid;      /* as waitpid(): > 0, 0, -1, -pgrp */
    int32_t options;  /* WNOHANG 1, WUNTRACED 2, WEXITED 4, WCONTINUED 8, WNOWAIT 0x1000000 */
    int32_t reserved;
};
struct tmsg_rusage {
    uint64_t utime_ns, stime_ns;
    uint64_t maxrss_bytes;
};
struct tmsg_wait_reply {
    int32_t pid;
    int32_t status; /* musl's encoding */
    uint32_t uid;
    uint32_t reserved;
    struct tmsg_rusage usage;
};
struct tmsg_id {
    uint16_t type, subtype;
    int32_t pid; /* 0 self */
    int32_t value;
    int32_t reserved;
};
struct tmsg_ids {
    int32_t pid, ppid, pgrp, sid;
    uint32_t umask;
    struct _cred_info cred;
};
struct tmsg_cred {
    uint16_t type, subtype;
    uint32_t mask; /* TMSG_CRED_* */
    struct _cred_info cred;
};
#define TMSG_CRED_RUID 1
#define TMSG_CRED_EUID 2
#define TMSG_CRED_SUID 4
#define TMSG_CRED_RGID 8
#define TMSG_CRED_EGID 16
#define TMSG_CRED_SGID 32
#define TMSG_CRED_GROUPS 64
struct tmsg_rlimit {
    uint16_t type, subtype;
    int32_t pid;
    int32_t resource; /* RLIMIT_* of musl */
    uint32_t set;     /* 0 read, 1 write */
    uint64_t cur, max;
};
struct tmsg_event {
    uint16_t type, subtype;
    uint32_t flags;
    uint64_t event[4]; /* struct sigevent */
};

/* ------------------------------------------------------------------ memory (TMSG_MEM) */
#define TMSG_MEM_MAP 1     /* struct tmsg_map -> 0, reply struct tmsg_map_reply */
#define TMSG_MEM_UNMAP 2   /* struct tmsg_range */
#define TMSG_MEM_PROTECT 3 /* struct tmsg_range */
#define TMSG_MEM_INFO 4    /* struct tmsg_range{addr} -> reply struct tmsg_map_reply: physical address in addr, contiguous bytes in bytes */
#define TMSG_MEM_SHMCTL 5  /* struct tmsg_shmctl */
#define TMSG_MEM_REMAP 6   /* struct tmsg_range + new size in prot: ENOSYS unless it shrinks */

struct tmsg_map {
    uint16_t type, subtype;
    uint32_t prot;   /* PROT_* incl. PROT_NOCACHE */
    uint32_t flags;  /* MAP_* as libc has them */
    int32_t fd;      /* -1, or the caller's descriptor of an object served by taskman (/dev/shmem, /proc/boot); others: libc reads */
    uint64_t addr, bytes, offset;
};
struct tmsg_map_reply {
    uint64_t addr, bytes;
};
struct tmsg_range {
    uint16_t type, subtype;
    uint32_t prot;
    uint64_t addr, bytes;
};
struct tmsg_shmctl {
    uint16_t type, subtype;
    int32_t fd;
    uint32_t flags, reserved;
    uint64_t paddr, bytes;
};

/* ------------------------------------------------------------------ path name space (TMSG_PATH) */
#define TMSG_PATH_RESOLVE 1 /* struct tmsg_path + path -> count of entries, reply struct tmsg_resolve_reply */
#define TMSG_PATH_ATTACH 2  /* struct tmsg_path + path (absolute) -> link id */
#define TMSG_PATH_DETACH 3  /* struct tmsg_path{id} */
#define TMSG_PATH_SYMLINK 4 /* struct tmsg_path + "path\0target\0" */
#define TMSG_PATH_UNLINK 5  /* struct tmsg_path + path: removes a path manager symlink of the caller's right */
#define TMSG_PATH_CHDIR 6   /* struct tmsg_path + absolute path that the caller has checked */
#define TMSG_PATH_GETCWD 7  /* header -> length, reply = path */

struct tmsg_path {
    uint16_t type, subtype;
    uint32_t flags;     /* TMSG_PATH_* flags of ATTACH; TMSG_RESOLVE_* */
    uint32_t file_type; /* _FTYPE_* */
    int32_t chid;       /* ATTACH: the caller's channel */
    uint32_t handle;    /* ATTACH: sent back in connect messages */
    int32_t id;
    uint32_t key;
    uint32_t path_len;  /* bytes that follow, with every NUL */
};
#define TMSG_PATH_BEFORE 0x0001
#define TMSG_PATH_AFTER 0x0002
#define TMSG_PATH_DIR 0x0004
#define TMSG_PATH_OPAQUE 0x0008
#define TMSG_PATH_SELF 0x0010
#define TMSG_PATH_FTYPEONLY 0x0020
#define TMSG_PATH_FTYPEALL 0x0040
#define TMSG_RESOLVE_NOFOLLOW 0x0100 /* do not follow a path manager symlink that is the last component */
#define TMSG_RESOLVE_MAX 8           /* candidates of one answer */

struct tmsg_entry {
    int32_t pid, chid;
    uint32_t handle, file_type;
    uint32_t prefix_len; /* bytes of the answer's path covered by the prefix: the rest (no leading slash) goes into _io_connect.path */
    uint32_t flags;      /* TMSG_PATH_* */
};
/* entry 0 is tried first; path is absolute, normalised, symlinks of the path manager already followed. */
struct tmsg_resolve_reply {
    uint32_t count;
    uint32_t path_len; /* with NUL */
    uint32_t umask;
    uint32_t reserved;
    struct tmsg_entry entry[TMSG_RESOLVE_MAX];
    char path[1024];
};
#define TMSG_SYMLOOP_MAX 16

/* ------------------------------------------------------------------ system (TMSG_SYS) */
#define TMSG_SYS_REBOOT 1 /* struct tmsg_id{value: TM_REBOOT_*, reserved: exit code}; root only */
#define TMSG_SYS_CONF 2   /* struct tmsg_id{value: _SC_* that only taskman knows} -> reply uint64_t */
#define TMSG_SYS_LOG 3    /* header + text: kernel console, for programs without stdout */
#define TMSG_SYS_KSTAT 4  /* header -> reply struct tm_kstat (abi/tm.h) followed by struct taskman_stat */
#define TMSG_SYS_MEMINFO 5 /* header -> reply struct tm_mem_info */
#define TMSG_SYS_FAIL 6    /* struct tmsg_id{pid: TMSG_FAIL_*, value: n, 0 none} -> allocations since the last time; the n-th from now on
                            * fails, once.  root only, ENOSYS unless the kernel has KC_DEBUG_FAIL: for tests */
#define TMSG_FAIL_HEAP 0   /* of taskman's heap */
#define TMSG_FAIL_KERNEL 1 /* of the kernel, in taskman's calls */

struct taskman_stat { /* live taskman objects, for leak checks */
    uint32_t processes, regions, ocbs, path_nodes, links, waiters, shm_objects;
    uint32_t heap_pages; /* mapped for small blocks: never given back */
    uint64_t heap_bytes;
};
