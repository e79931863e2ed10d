/* SPDX-License-Identifier: Apache-2.0 */
/* dumper: a process that stands still becomes an ELF core file. */
#pragma once
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/procfs.h>
#include <sys/types.h>

#define REGIONS_MAX 4096
#define THREADS_MAX 4096
#define PATH_ROOM   1024

/* A process and what is known of it: process.c. */
struct victim {
    int fd; /* /proc/<pid>/as, which makes us its debugger */
    pid_t pid;
    int signo; /* that ends it; 0: it lives on */
    procfs_info info;
    char path[PATH_ROOM];     /* of the program */
    char arguments[PATH_ROOM]; /* with blanks between */
    procfs_mapinfo *regions;
    size_t num_regions;
    procfs_status *threads; /* the one that died first */
    size_t num_threads;
};

int victim_open(struct victim *v, pid_t pid, int signo); /* 0 or errno; it stands still then */
void victim_close(struct victim *v);                      /* it goes on */
ssize_t victim_read(const struct victim *v, uint64_t addr, void *data, size_t bytes);
int victim_registers(const struct victim *v, int tid, procfs_greg *g, procfs_fpreg *f);

/* The bytes of the PT_NOTE segment: notes.c. */
struct notes {
    uint8_t *data;
    size_t bytes, room;
    bool has_failed; /* memory was out */
};
void notes_make(struct notes *n, const struct victim *v, bool only_one);
void notes_free(struct notes *n);

struct dump_options {
    bool no_memory;   /* -m */
    bool only_one;    /* -t */
    bool no_shared;   /* -S */
    bool is_readable; /* -w */
    uint64_t limit;   /* bytes of the file */
};
/* Writes to a new file, and removes it when that fails: 0 or errno. ECANCELED: the process went away. EFBIG: not even the notes fit.
 * Memory beyond the limit is left out. */
int core_write(const struct victim *v, const char *file, const struct dump_options *o, uint64_t *bytes);
