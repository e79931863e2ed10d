/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - counts the live objects of kernel and task manager

%C [-c file] [-i name[,name...]]

Prints one "name value" per line.
 -c file   compares with an earlier output: prints what is more than then, exit status 1 if
           anything is
 -i names  leaves these out
A leak check: kstat >file, do the work, kstat -c file.
#endif
/* clang-format on */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/neutrino.h>
#include <unistd.h>

#include <abi/taskman.h>
#include <abi/tm.h>

struct counter {
    const char *name;
    uint64_t value;
    bool falls; /* a leak makes it smaller */
};

/* 0 or -1 with errno. */
static int read_counters(struct counter *out, unsigned *count)
{
    struct tmsg_hdr msg = {.type = TMSG_SYS, .subtype = TMSG_SYS_KSTAT};
    struct {
        struct tm_kstat kernel;
        struct taskman_stat taskman;
    } in;
    memset(&in, 0, sizeof in);
    if (MsgSend(SYSMGR_COID, &msg, sizeof msg, &in, sizeof in) == -1)
        return -1;
    struct counter all[] = {
        {"free_pages", in.kernel.free_pages, true},
        {"kernel_heap_bytes", in.kernel.kernel_heap_bytes, false},
        {"processes", in.kernel.processes, false},
        {"threads", in.kernel.threads, false},
        {"channels", in.kernel.channels, false},
        {"connections", in.kernel.connections, false},
        {"server_connections", in.kernel.sconns, false},
        {"timers", in.kernel.timers, false},
        {"interrupts", in.kernel.interrupts, false},
        {"objects", in.kernel.objects, false},
        {"pulses", in.kernel.pulses, false},
        {"slab_pages", in.kernel.slab_pages, false},
        {"taskman_processes", in.taskman.processes, false},
        {"taskman_regions", in.taskman.regions, false},
        {"taskman_ocbs", in.taskman.ocbs, false},
        {"taskman_path_nodes", in.taskman.path_nodes, false},
        {"taskman_links", in.taskman.links, false},
        {"taskman_waiters", in.taskman.waiters, false},
        {"taskman_shm_objects", in.taskman.shm_objects, false},
        {"taskman_heap_bytes", in.taskman.heap_bytes, false},
        {"taskman_heap_pages", in.taskman.heap_pages, false},
    };
    *count = sizeof all / sizeof all[0];
    memcpy(out, all, sizeof all);
    return 0;
}

static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at != NULL && *at != '\0';) {
        size_t n = strcspn(at, ",");
        if (n == len && strncmp(at, name, n) == 0)
            return true;
        at += n + (at[n] == ',');
    }
    return false;
}

/* 0 nothing grew, 1 something did, 2 the file is no good. */
static int compare(const char *path, const char *ignored, const struct counter *counter,
                   unsigned count)
{
    FILE *file = fopen(path, "r");
    char line[128], name[64];
    unsigned long long before;
    unsigned seen = 0;
    int status = 0;
    if (file == NULL) {
        fprintf(stderr, "kstat: %s: %s\n", path, strerror(errno));
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%63s %llu", name, &before) != 2)
            continue;
        for (unsigned i = 0; i < count; i++) {
            if (strcmp(counter[i].name, name) != 0)
                continue;
            seen++;
            bool grew = counter[i].falls ? counter[i].value < before : counter[i].value > before;
            if (grew && !is_listed(ignored, name)) {
                printf("%s %llu -> %llu\n", name, before, (unsigned long long)counter[i].value);
                status = 1;
            }
        }
    }
    fclose(file);
    if (seen == 0) {
        fprintf(stderr, "kstat: %s: not an output of kstat\n", path);
        return 2;
    }
    return status;
}

int main(int argc, char **argv)
{
    const char *file = NULL, *ignored = NULL;
    struct counter counter[32];
    unsigned count;
    int option;
    while ((option = getopt(argc, argv, "c:i:")) != -1) {
        if (option == 'c')
            file = optarg;
        else if (option == 'i')
            ignored = optarg;
        else
            return 2;
    }
    if (optind != argc) {
        fprintf(stderr, "usage: kstat [-c file] [-i name,...]\n");
        return 2;
    }
    if (read_counters(counter, &count) == -1) {
        fprintf(stderr, "kstat: %s\n", strerror(errno));
        return 2;
    }
    if (file != NULL)
        return compare(file, ignored, counter, count);
    for (unsigned i = 0; i < count; i++) {
        if (!is_listed(ignored, counter[i].name))
            printf("%s %llu\n", counter[i].name, (unsigned long long)counter[i].value);
    }
    return 0;
}
