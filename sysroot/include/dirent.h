/* SPDX-License-Identifier: Apache-2.0 */
/* Directory entries.  This record is what a resource manager's read() of a directory returns: any
 * number of them, each d_reclen bytes long, a multiple of 8; d_name ends with NUL inside d_reclen.
 * Documentation followed: Library Reference readdir(), dircntl(). */
#pragma once
#include <features.h>
#include <stdint.h>
#include <sys/cdefs.h>
#include <sys/stat.h>
#include <sys/types.h>

__BEGIN_DECLS

struct dirent {
    uint64_t d_ino;
    int64_t d_offset; /* to seekdir() behind this entry */
    uint16_t d_reclen;
    int16_t d_namelen; /* strlen(d_name) */
    uint8_t d_type;    /* DT_* */
    uint8_t d_zero[3];
    char d_name[256];
};
#define d_off    d_offset
#define d_fileno d_ino
#define _DIRENT_HAVE_D_TYPE
#define _DIRENT_HAVE_D_OFF
#define _DIRENT_HAVE_D_RECLEN
/* Bytes of a record with a name of n characters. */
#define QRV_DIRENT_RECLEN(n) ((24 + (size_t)(n) + 1 + 7) & ~(size_t)7)

/* With D_FLAG_STAT, extra records follow the name: walk them with the _DEXTRA macros. */
struct dirent_extra {
    uint16_t d_datalen;
    uint16_t d_type; /* _DTYPE_* */
    uint32_t d_reserved;
};
struct dirent_extra_stat {
    uint16_t d_datalen;
    uint16_t d_type;
    uint32_t d_reserved;
    struct stat d_stat;
};
#define _DTYPE_NONE  0
#define _DTYPE_STAT  1
#define _DTYPE_LSTAT 2
#define _DEXTRA_FIRST(d)                                                                           \
    ((struct dirent_extra *)(void *)((char *)(d) + QRV_DIRENT_RECLEN((d)->d_namelen)))
#define _DEXTRA_NEXT(x)                                                                            \
    ((struct dirent_extra *)(void *)((char *)(x) + (((x)->d_datalen + 7 + sizeof(*(x))) & ~7UL)))
#define _DEXTRA_VALID(x, d)                                                                        \
    ((char *)(x) + sizeof(struct dirent_extra) <= (char *)(d) + (d)->d_reclen &&                   \
     (char *)(x) + sizeof(struct dirent_extra) + (x)->d_datalen <= (char *)(d) + (d)->d_reclen)

typedef struct __dirstream DIR;

DIR *opendir(const char *path);
DIR *fdopendir(int fd);
int closedir(DIR *dir);
struct dirent *readdir(DIR *dir);
int readdir_r(DIR *__restrict dir, struct dirent *__restrict entry,
              struct dirent **__restrict result);
void rewinddir(DIR *dir);
int dirfd(DIR *dir);
int alphasort(const struct dirent **a, const struct dirent **b);
int scandir(const char *path, struct dirent ***list, int (*select)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **));
void seekdir(DIR *dir, long pos);
long telldir(DIR *dir);

#if defined(_GNU_SOURCE) || defined(_BSD_SOURCE)
#define DT_UNKNOWN   0
#define DT_FIFO      1
#define DT_CHR       2
#define DT_DIR       4
#define DT_BLK       6
#define DT_REG       8
#define DT_LNK       10
#define DT_SOCK      12
#define DT_WHT       14
#define IFTODT(mode) (((mode) >> 12) & 017)
#define DTTOIF(type) ((type) << 12)
int getdents(int fd, struct dirent *buf, size_t bytes);
int versionsort(const struct dirent **a, const struct dirent **b);

/* dircntl() */
#define D_GETFLAG     1
#define D_SETFLAG     2
#define D_FLAG_FILTER 0x1 /* leave duplicates out */
#define D_FLAG_STAT   0x2 /* ask for stat data */
int dircntl(DIR *dir, int cmd, ...);
#endif

#if defined(_LARGEFILE64_SOURCE)
#define dirent64      dirent
#define readdir64     readdir
#define readdir64_r   readdir_r
#define scandir64     scandir
#define alphasort64   alphasort
#define versionsort64 versionsort
#define getdents64    getdents
#endif

__END_DECLS
