/* SPDX-License-Identifier: Apache-2.0 */
/* What goes onto a disk, and in which order it is written: the partition table last, so that a disk
 * that was not finished starts nothing. */
#include "disk.h"

#include "../common/fs.h"
#include "../common/json.h"
#include "../common/sdk.h"
#include "../common/sha256.h"
#include "../qrv/kernel_file.h"
#include "boards.h"
#include "bootfs.h"
#include "disk_file.h"
#include "gpt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 8, ALIGN = 8 /* sectors */ };
#define MIB        ((uint64_t)1 << 20)
#define SIZE_MIN   (64 * MIB)
#define SIZE_LIMIT (64 * 1024 * MIB)
#define LINUX_DATA "0FC63DAF-8483-4772-8E79-3D69D8477DE4"

struct disk {
    const struct disk_request *rq;
    const struct board *board;
    struct buf firmware[4]; /* as board->parts */
    struct buf kernel;
    struct buf debug_kernel; /* empty: the user named the kernel */
    struct buf dtb;
    struct buf menu; /* extlinux.conf */
    char *dtb_path;
    struct bootfs_file files[FILES_MAX];
    struct bootfs fs;
    struct gpt gpt;
    uint64_t bytes; /* of the disk */
};

static int read_part(const char *dir, const char *name, struct buf *out, const char *remedy)
{
    char *path = fs_join(dir, name);
    int error = fs_read(path, out);
    int result = 0;
    if (error != 0)
        result = complain(EXIT_MISSING, "%s: %s (%s)", path, strerror(-error), remedy);
    else if (out->len == 0)
        result = complain(EXIT_MISSING, "%s is empty (%s)", path, remedy);
    free(path);
    return result;
}

static int read_firmware(struct disk *d)
{
    const char *remedy =
        "the board's firmware is a part of the SDK; qrv verify says what is missing";
    char *boards = fs_join(sdk_locate()->root, "boards");
    char *dir = fs_join(boards, d->board->name);
    int result = 0;
    for (size_t i = 0; result == 0 && d->board->parts != NULL && d->board->parts[i].file != NULL;
         i++) {
        const struct board_part *part = &d->board->parts[i];
        result = read_part(dir, part->file, &d->firmware[i], remedy);
        if (result == 0 && d->firmware[i].len > (part->last - part->first + 1) * GPT_SECTOR)
            result = complain(EXIT_INPUT, "%s/%s is larger than its partition", dir, part->file);
    }
    if (result == 0 && d->board->dtb != NULL)
        result = read_part(dir, d->board->dtb, &d->dtb, remedy);
    free(dir);
    free(boards);
    return result;
}

static int check_kernel(const char *name, const struct buf *kernel, size_t archive)
{
    const char *why = kernel->len >= 4 && memcmp(kernel->data, "\177ELF", 4) == 0
                          ? "it is an ELF file; U-Boot's booti takes the flat Image"
                          : kernel_refuse(kernel->data, kernel->len, 1024 * MIB, archive);
    return why != NULL ? complain(EXIT_INPUT, "%s cannot boot: %s", name, why) : 0;
}

static int read_kernels(struct disk *d, size_t archive)
{
    const char *remedy = "a part of the SDK; qrv verify says what is missing";
    int result;
    if (d->rq->kernel != NULL) {
        int error = fs_read(d->rq->kernel, &d->kernel);
        if (error != 0)
            return complain(EXIT_INPUT, "%s: %s", d->rq->kernel, strerror(-error));
        return check_kernel(d->rq->kernel, &d->kernel, archive);
    }
    result = read_part(sdk_locate()->images, "Image", &d->kernel, remedy);
    if (result == 0)
        result = read_part(sdk_locate()->images, "debug/Image", &d->debug_kernel, remedy);
    if (result == 0)
        result = check_kernel("images/Image", &d->kernel, archive);
    return result != 0 ? result : check_kernel("images/debug/Image", &d->debug_kernel, archive);
}

static void menu_entry(struct disk *d, const char *label, const char *title, const char *kernel,
                       bool dtb)
{
    buf_printf(&d->menu, "\nlabel %s\n    menu label %s\n    linux %s\n    initrd /boot.cpio\n",
               label, title, kernel);
    if (dtb)
        buf_printf(&d->menu, "    fdt %s\n", d->dtb_path);
    if (d->rq->append != NULL)
        buf_printf(&d->menu, "    append %s\n", d->rq->append);
}

static void make_menu(struct disk *d)
{
    const char *start = d->rq->debug && d->debug_kernel.len != 0 ? "qrv-debug" : "qrv";
    buf_printf(&d->menu, "# Made by qrv image for: %s\ndefault %s\ntimeout 20\nmenu title QRV\n",
               d->board->title, start);
    menu_entry(d, "qrv", "QRV", "/Image", d->dtb_path != NULL);
    if (d->debug_kernel.len != 0)
        menu_entry(d, "qrv-debug", "QRV, kernel with checks", "/Image-debug", d->dtb_path != NULL);
    if (d->dtb_path != NULL)
        menu_entry(d, "qrv-firmware-tree", "QRV, with the firmware's device tree", "/Image", false);
}

static void add_file(struct disk *d, const char *path, const struct buf *bytes)
{
    if (bytes->len != 0)
        d->files[d->fs.count++] = (struct bootfs_file){path, bytes->data, bytes->len};
}

/* The ids come from the content: the same disk has the same ids, another one has others. */
static void make_ids(struct disk *d)
{
    struct buf all = {0};
    char hex[65];
    buf_printf(&all, "%s %" PRIu64 " %" PRIu32 "\n", d->board->name, d->bytes, d->fs.time);
    for (size_t i = 0; i < d->fs.count; i++) {
        sha256_hex(d->files[i].data, d->files[i].len, hex);
        buf_printf(&all, "%s %s\n", d->files[i].path, hex);
    }
    for (size_t i = 0; i < 4 && d->firmware[i].len != 0; i++) {
        sha256_hex(d->firmware[i].data, d->firmware[i].len, hex);
        buf_printf(&all, "%s\n", hex);
    }
    for (size_t i = 0; i <= d->gpt.count; i++) {
        char *guid = i == 0 ? d->gpt.guid : d->gpt.parts[i - 1].guid;
        buf_puts(&all, "+");
        sha256_hex(all.data, all.len, hex);
        for (char *c = hex; *c != '\0'; c++)
            *c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
        /* Version 8: made by a rule of our own. */
        snprintf(guid, 37, "%.8s-%.4s-8%.3s-A%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17,
                 hex + 20);
    }
    sha256_hex(all.data, all.len, hex);
    for (int i = 0; i < 16; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        d->fs.uuid[i] = (uint8_t)byte;
    }
    d->fs.uuid[6] = (uint8_t)((d->fs.uuid[6] & 0x0f) | 0x80);
    d->fs.uuid[8] = (uint8_t)((d->fs.uuid[8] & 0x3f) | 0x80);
    buf_free(&all);
}

/* Decides the size: what the user or the device says, or what is needed. */
static int decide_size(struct disk *d, uint64_t device)
{
    uint64_t need =
        d->board->boot_first * GPT_SECTOR + bootfs_need(&d->fs) + GPT_TAIL_SECTORS * GPT_SECTOR;
    char *end;
    need = (need + MIB - 1) / MIB * MIB;
    d->bytes = device != 0 ? device / GPT_SECTOR * GPT_SECTOR : SIZE_MIN;
    while (device == 0 && d->bytes < need)
        d->bytes *= 2; /* QEMU takes no other size for an SD card */
    if (d->rq->size != NULL) {
        unsigned long long n = strtoull(d->rq->size, &end, 10);
        unsigned shift = *end == 'G' || *end == 'g' ? 30 : 20;
        bool letter = *end != '\0' && strchr("GgMm", *end) != NULL;
        if (d->rq->size[0] < '0' || d->rq->size[0] > '9' || end[letter] != '\0' ||
            n > SIZE_LIMIT >> shift || n == 0)
            return complain(EXIT_USAGE, "--size %s: a size up to 64G is needed, as 256M or 4G",
                            d->rq->size);
        if (device != 0 && (uint64_t)n << shift > device)
            return complain(EXIT_USAGE, "--size %s: %s has only %" PRIu64 " MiB", d->rq->size,
                            d->rq->file, device / MIB);
        d->bytes = device != 0 ? d->bytes : (uint64_t)n << shift;
    }
    if (d->bytes < need)
        return complain(EXIT_USAGE,
                        "%" PRIu64 " MiB are too small: these files need %" PRIu64 " MiB",
                        d->bytes / MIB, need / MIB);
    return 0;
}

static void make_table(struct disk *d)
{
    struct gpt *g = &d->gpt;
    g->sectors = d->bytes / GPT_SECTOR;
    for (size_t i = 0; d->board->parts != NULL && d->board->parts[i].file != NULL; i++) {
        const struct board_part *part = &d->board->parts[i];
        struct gpt_part *to = &g->parts[g->count++];
        snprintf(to->type, sizeof to->type, "%s", part->type);
        snprintf(to->name, sizeof to->name, "%s", part->name);
        to->first = part->first;
        to->last = part->last;
    }
    struct gpt_part *boot = &g->parts[g->count++];
    snprintf(boot->type, sizeof boot->type, "%s", LINUX_DATA);
    snprintf(boot->name, sizeof boot->name, DISK_BOOT_NAME "%s", d->board->name);
    boot->first = d->board->boot_first;
    boot->last = (g->sectors - GPT_TAIL_SECTORS) / ALIGN * ALIGN - 1;
    boot->attributes = GPT_ATTR_BOOT;
}

static int write_all(struct disk *d)
{
    static uint8_t head[GPT_HEAD_BYTES];
    static uint8_t tail[GPT_TAIL_BYTES];
    const struct gpt_part *boot = &d->gpt.parts[d->gpt.count - 1];
    struct disk_file out;
    if (!gpt_make(&d->gpt, head, tail))
        return complain(EXIT_FAILED, "the partitions of board %s do not fit together",
                        d->board->name);
    int result = disk_file_open(&out, d->rq->file, d->bytes);
    if (result != 0)
        return result;
    const char *why = bootfs_make(&d->fs, out.path, boot->first * GPT_SECTOR,
                                  (boot->last - boot->first + 1) * GPT_SECTOR);
    if (why != NULL)
        result = complain(EXIT_FAILED, "%s: %s", d->rq->file, why);
    for (size_t i = 0; result == 0 && i + 1 < d->gpt.count; i++)
        result = disk_file_put(&out, d->gpt.parts[i].first * GPT_SECTOR, d->firmware[i].data,
                               d->firmware[i].len);
    if (result == 0)
        result = disk_file_put(&out, d->bytes - sizeof tail, tail, sizeof tail);
    if (result == 0)
        result = disk_file_put(&out, 0, head, sizeof head);
    return disk_file_close(&out, result);
}

static int prepare(struct disk *d, const struct buf *archive, uint64_t device)
{
    int result = read_firmware(d);
    if (result == 0)
        result = read_kernels(d, archive->len);
    if (result != 0)
        return result;
    if (d->board->dtb != NULL)
        d->dtb_path = xprintf("/%s", d->board->dtb);
    make_menu(d);
    d->fs.label = "qrv-boot";
    d->fs.time = d->rq->time != 0 ? d->rq->time : 1; /* libext2fs takes 0 for "now" */
    d->fs.files = d->files;
    add_file(d, "/extlinux/extlinux.conf", &d->menu);
    add_file(d, "/Image", &d->kernel);
    add_file(d, "/Image-debug", &d->debug_kernel);
    add_file(d, "/boot.cpio", archive);
    if (d->dtb_path != NULL)
        add_file(d, d->dtb_path, &d->dtb);
    result = decide_size(d, device);
    if (result == 0) {
        make_table(d);
        make_ids(d);
    }
    return result;
}

/* What was made, in a line. */
static void tell(const struct disk *d)
{
    const struct disk_request *rq = d->rq;
    if (rq->json) {
        struct json j = {0};
        json_object(&j, NULL);
        json_string(&j, "disk", rq->file);
        json_string(&j, "board", d->board->name);
        json_number(&j, "bytes", (int64_t)d->bytes);
        json_end(&j);
        json_print(&j);
    } else
        printf("%s: %s, %" PRIu64 " MiB, starts %s\n", rq->file, d->board->title, d->bytes / MIB,
               rq->kernel != NULL ? rq->kernel
               : rq->debug        ? "the kernel with checks"
                                  : "the release kernel");
}

int disk_write(const struct disk_request *rq, const struct buf *archive)
{
    struct disk d = {.rq = rq, .board = board_find(rq->board)};
    uint64_t device = 0;
    if (d.board == NULL) {
        struct buf names = {0};
        for (size_t i = 0; board_at(i) != NULL; i++)
            buf_printf(&names, "%s%s", i ? ", " : "", board_at(i)->name);
        complain(EXIT_USAGE, "--board %s: there is no such board; known: %s", rq->board,
                 names.data);
        buf_free(&names);
        return EXIT_USAGE;
    }
    int result = disk_file_check(rq->file, rq->force, &device);
    if (result == 0)
        result = prepare(&d, archive, device);
    if (result == 0)
        result = write_all(&d);
    if (result == 0)
        tell(&d);
    for (size_t i = 0; i < sizeof d.firmware / sizeof d.firmware[0]; i++)
        buf_free(&d.firmware[i]);
    buf_free(&d.kernel);
    buf_free(&d.debug_kernel);
    buf_free(&d.dtb);
    buf_free(&d.menu);
    free(d.dtb_path);
    return result;
}
