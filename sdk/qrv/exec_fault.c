/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv exec: explains the death of a program from what the kernel left on the console
 * (kernel/object/fault_report.c): registers, executable ranges, return addresses found on the
 * stack.
 *
 * Which file a range belongs to is found by its size and by the code around the addresses. The
 * stack is not unwound but read: a return address counts when the call before it goes to the
 * function that was reached from there. Without frame pointers and unwind tables that is right
 * nearly always; frames that do not fit are shown only when nothing better is left, with a question
 * mark.
 */
#include "cmd_exec.h"

#include "../common/fs.h"
#include "../common/sdk.h"
#include "exec_module.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANGES_MAX = 32, FRAMES_MAX = 96 };

struct range {
    uint64_t start, end;
    const struct module *module; /* NULL: unknown */
    uint64_t bias;               /* added to the file's addresses */
};

struct frame {
    uint64_t address; /* where it goes on */
    uint64_t code;    /* the 8 bytes before it; of the first one: at it */
};

struct report {
    uint64_t x[32];
    struct frame pc;
    struct frame found[FRAMES_MAX];
    int count;
    struct range ranges[RANGES_MAX];
    int range_count;
    bool is_whole;
};

/* The last whole report of that process. */
static void parse(const char *text, uint32_t pid, struct report *r)
{
    char mark[32];
    int n = snprintf(mark, sizeof mark, "#fault %u ", pid);
    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at, mark)) {
        unsigned index;
        uint64_t a, b, c;
        at += n;
        if (strncmp(at, "begin", 5) == 0)
            *r = (struct report){.is_whole = false};
        else if (strncmp(at, "end", 3) == 0)
            r->is_whole = true;
        else if (sscanf(at, "pc %" SCNx64 " %" SCNx64, &a, &b) == 2)
            r->pc = (struct frame){a, b};
        else if (sscanf(at, "ra %" SCNx64 " %" SCNx64, &a, &b) == 2 && r->count == 0)
            r->found[r->count++] = (struct frame){a, b};
        else if (sscanf(at, "x %u %" SCNx64, &index, &a) == 2 && index < 32)
            r->x[index] = a;
        else if (sscanf(at, "text %" SCNx64 " %" SCNx64, &a, &b) == 2 &&
                 r->range_count < RANGES_MAX)
            r->ranges[r->range_count++] = (struct range){a, b, NULL, 0};
        else if (sscanf(at, "stack %" SCNx64 " %" SCNx64 " %" SCNx64, &a, &b, &c) == 3 &&
                 r->count < FRAMES_MAX)
            r->found[r->count++] = (struct frame){b, c};
    }
}

static const struct range *range_of(const struct report *r, uint64_t address)
{
    for (int i = 0; i < r->range_count; i++)
        if (address >= r->ranges[i].start && address < r->ranges[i].end)
            return &r->ranges[i];
    return NULL;
}

/* Is the code that the target saw in this range that of the file? */
static bool code_fits(const struct report *r, const struct range *range, const struct module *m,
                      uint64_t bias)
{
    for (int i = -1; i < r->count; i++) {
        const struct frame *f = i < 0 ? &r->pc : &r->found[i];
        uint64_t at = i < 0 ? f->address : f->address - 8, there;
        if (f->code == 0 || at < range->start || at + 8 > range->end)
            continue;
        if (!module_code(m, at - bias, &there) || there != f->code)
            return false;
    }
    return true;
}

static void find_modules(struct report *r, const struct modules *all)
{
    for (int i = 0; i < r->range_count; i++) {
        struct range *range = &r->ranges[i];
        for (size_t k = 0; k < all->count && range->module == NULL; k++) {
            const struct module *m = &all->list[k];
            uint64_t first = m->text_start & ~4095ull;
            uint64_t last = (m->text_end + 4095) & ~4095ull;
            if (last - first == range->end - range->start &&
                code_fits(r, range, m, range->start - first)) {
                range->module = m;
                range->bias = range->start - first;
            }
        }
    }
}

/* ------------------------------------------------------------------ frames */

struct symbol {
    const struct range *range;
    const char *name; /* NULL: unknown */
    uint64_t start;   /* of the function, as the target has it */
};

static struct symbol symbol_of(const struct report *r, uint64_t address)
{
    struct symbol s = {.range = range_of(r, address)};
    uint64_t start;
    if (s.range != NULL && s.range->module != NULL) {
        s.name = module_symbol(s.range->module, address - s.range->bias, &start);
        s.start = start + s.range->bias;
    }
    return s;
}

/* Where the call that ends at f->address went; 0: an indirect one. */
static uint64_t call_target(const struct frame *f)
{
    uint32_t last = (uint32_t)(f->code >> 32), before = (uint32_t)f->code;
    if ((last & 0xfff) == 0x0ef) { /* jal ra */
        int64_t offset = (int64_t)(((last >> 21 & 0x3ff) << 1) | ((last >> 20 & 1) << 11) |
                                   ((last >> 12 & 0xff) << 12));
        offset -= (last >> 31) ? 1 << 20 : 0;
        return f->address - 4 + (uint64_t)offset;
    }
    if ((last & 0x7fff) == 0x0e7 && (before & 0x7f) == 0x17 &&
        (last >> 15 & 31) == (before >> 7 & 31)) /* auipc, jalr ra */
        return f->address - 8 + (uint64_t)(int64_t)(int32_t)(before & 0xfffff000) +
               (uint64_t)(int64_t)((int32_t)last >> 20);
    return 0;
}

/* May the function that f goes on in have called the one at `callee`? */
static bool may_call(const struct report *r, const struct frame *f, const struct symbol *callee)
{
    uint64_t target = call_target(f);
    struct symbol self = symbol_of(r, f->address - 1);
    if (self.name == NULL)
        return false;
    if (target == 0)
        return true;
    struct symbol to = symbol_of(r, target);
    if (to.name == NULL) /* a linkage table: it leads out of this file */
        return callee->range != self.range;
    return to.start == callee->start;
}

static void show_frame(const struct report *r, int number, uint64_t address, bool is_return,
                       bool is_sure)
{
    uint64_t at = is_return ? address - 1 : address;
    struct symbol s = symbol_of(r, at);
    const struct module *m = s.range != NULL ? s.range->module : NULL;
    char *function = NULL;
    char *line = m != NULL ? module_line(m, at - s.range->bias, &function) : NULL;
    fprintf(stderr, "  #%-2d %016" PRIx64, number, address);
    if (s.name != NULL)
        fprintf(stderr, " %s+0x%" PRIx64, function != NULL ? function : s.name, address - s.start);
    if (m != NULL)
        fprintf(stderr, " (%s+0x%" PRIx64 ")", fs_basename(m->path), address - s.range->bias);
    if (line != NULL)
        fprintf(stderr, " at %s", line);
    fprintf(stderr, "%s\n", is_sure ? "" : " ?");
    free(line);
    free(function);
}

static bool is_bottom(const char *name)
{
    return name != NULL && (strcmp(name, "main") == 0 || strncmp(name, "_start", 6) == 0 ||
                            strcmp(name, "start") == 0 || strcmp(name, "__libc_start_main") == 0);
}

static void show_frames(const struct report *r)
{
    struct symbol inner = symbol_of(r, r->pc.address);
    int chain[FRAMES_MAX], length = 0;
    show_frame(r, 0, r->pc.address, false, true);
    for (int i = 0; i < r->count && length < 32 && !is_bottom(inner.name); i++)
        if (inner.name == NULL || may_call(r, &r->found[i], &inner)) {
            struct symbol s = symbol_of(r, r->found[i].address - 1);
            if (s.name == NULL)
                continue;
            chain[length++] = i;
            inner = s;
        }
    bool is_sure = is_bottom(inner.name);
    for (int k = 0; is_sure && k < length; k++)
        show_frame(r, k + 1, r->found[chain[k]].address, true, true);
    for (int i = 0, k = 0; !is_sure && i < r->count && k < 32; i++)
        if (range_of(r, r->found[i].address) != NULL)
            show_frame(r, ++k, r->found[i].address, true, false);
}

static void show_registers(const struct report *r)
{
    static const char *const names[] = {"pc", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                        "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                        "a6", "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                        "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    for (int i = 0; i < 32; i++)
        fprintf(stderr, "%s%3s %016" PRIx64 "%s", i % 4 ? " " : "  ", names[i],
                i == 0 ? r->pc.address : r->x[i], i % 4 == 3 ? "\n" : "");
}

/* The kernel's own line about the fault: "NAME[PID] thread ...". */
static void show_kernel_line(const struct buf *console, uint32_t pid)
{
    char mark[32];
    snprintf(mark, sizeof mark, "[%u] thread ", pid);
    const char *at = strstr(console->data, mark);
    if (at == NULL)
        return;
    while (at > console->data && at[-1] != '\n')
        at--;
    fprintf(stderr, "qrv exec: %.*s\n", (int)strcspn(at, "\r\n"), at);
}

void exec_explain(const struct exec *e, uint32_t pid, uint32_t signo, const struct buf *console)
{
    struct report r = {.is_whole = false};
    struct modules all = {0};
    fprintf(stderr, "qrv exec: %s: %s (signal %u)\n", e->argv[0], strsignal((int)signo), signo);
    if (console->data == NULL)
        return;
    show_kernel_line(console, pid);
    parse(console->data, pid, &r);
    if (!r.is_whole)
        return;
    modules_of(e->argv[0], &all);
    find_modules(&r, &all);
    show_registers(&r);
    show_frames(&r);
    modules_free(&all);
}
