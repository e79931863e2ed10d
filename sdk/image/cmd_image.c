/* SPDX-License-Identifier: Apache-2.0 */
/* qrv image: build file to boot archive, boot archive to disk, and a look inside of both. */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../qrv/verbs.h"
#include "collect.h"
#include "disk.h"
#include "needed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: qrv image [options] BUILDFILE OUT.cpio\n"
    "       qrv image --board NAME --disk FILE [options] [BUILDFILE]\n"
    "       qrv image --list [--json] ARCHIVE-OR-DISK\n"
    "\n"
    "Makes a boot image (a cpio newc archive) from a build file in the manner of mkifs.\n"
    "The same build file and the same input files give the same bytes.\n"
    "\n"
    "  -I, --search DIR      look for host files in DIR first (may be repeated)\n"
    "  -D, --define N=VALUE  value of ${N} in names and attributes (may be repeated)\n"
    "      --no-strip        keep debug sections of programs (they are dropped by default)\n"
    "      --depfile FILE    write a make rule that names every input\n"
    "      --check           check the build file and its inputs, write nothing\n"
    "      --needed          put in the shared libraries that the programs in it need\n"
    "      --allow-missing   leave out host files that are not there, with a notice\n"
    "      --list            show what is in an archive, or the partitions of a disk\n"
    "      --json            the list, or a line about what was made, as JSON\n"
    "\n"
    "With --disk, a disk that the board starts from: its firmware, and a partition for U-Boot with "
    "kernel,\n"
    "device tree, boot image and extlinux.conf. Without BUILDFILE it has the boot image of the "
    "SDK.\n"
    "      --board NAME      unmatched (SD card), unleashed (SD card, also for QEMU's sifive_u),\n"
    "                        qemu-virt (virtio disk)\n"
    "      --disk FILE       a new file, or with --force a device as /dev/sdX\n"
    "      --size SIZE       of the disk, as 256M or 4G (default: what is needed, at least 64M)\n"
    "      --image FILE      this boot image\n"
    "      --kernel FILE     this kernel Image instead of the two of the SDK\n"
    "      --debug-kernel    start the kernel that checks its locks; U-Boot's menu has both\n"
    "      --append \"WORDS\"  arguments for the kernel\n"
    "      --force           write over a file, or on a device\n"
    "\n"
    "Examples:\n"
    "  qrv image my.build my.cpio\n"
    "  qrv image -I build -D BOARD=virt my.build my.cpio\n"
    "  qrv image --list my.cpio\n"
    "  qrv image --board unmatched --disk sd.img        then copy sd.img to the card\n"
    "  qrv image --board qemu-virt --disk my.img my.build && qrv run --disk my.img\n"
    "\n"
    "A build file has one entry per line; # begins a comment.\n"
    "  devc-ser8250                   the file of that name from the search path\n"
    "  sh=mksh                        under another name\n"
    "  [perms=0600 uid=0] keys=./my/keys\n"
    "  [type=link] ldqnx-64.so.2=libc.so\n"
    "  [type=dir dperms=0755] conf\n"
    "  motd = {\n"
    "  Hello.  A closing brace in the text is written \\}\n"
    "  }\n"
    "  [+script] .script = {          the start script, run by sysinit\n"
    "    procmgr_symlink /proc/boot/libc.so /usr/lib/ldqnx-64.so.2\n"
    "    devc-ser8250 &\n"
    "    waitfor /dev/ser1 5\n"
    "    reopen /dev/ser1\n"
    "    PATH=/proc/boot\n"
    "    [+session pri=10r] sh\n"
    "  }\n"
    "  [search=dirA:dirB perms=0755]  on a line of its own: for all following entries\n"
    "Names without a leading / appear below /proc/boot. A file or link elsewhere (/etc/passwd) is "
    "kept there\n"
    "too, and the start script gets a procmgr_symlink line for it.\n"
    "Attributes: type=file|link|dir|fifo, perms=, dperms=, uid=, gid=, mtime=, search=, cd=, "
    "prefix=, and\n"
    "+script, +optional (leave out if missing), +raw (do not strip), -followlink (keep a link of "
    "the host as\n"
    "a link). Without perms a file gets 0755 or 0644; owner is 0; the time is SOURCE_DATE_EPOCH or "
    "0.\n"
    "Search order: cd=, search=, -I, the SDK's sysroot, the directory of the build file; ./name "
    "and ../name\n"
    "are relative to the build file.\n";

static const char *const sysroot_dirs[] = {"boot",     "bin", "sbin",    "usr/bin",
                                           "usr/sbin", "lib", "usr/lib", NULL};

/* The user's directories first; the strings of the rest belong to the list. */
static char **search_list(const char *const *first)
{
    const struct sdk *sdk = sdk_locate();
    size_t n = 0;
    char **list = xmalloc(sizeof *list);
    for (; first != NULL && first[n] != NULL; n++) {
        list = xrealloc(list, (n + 2) * sizeof *list);
        list[n] = xstrdup(first[n]);
    }
    for (size_t i = 0; sysroot_dirs[i] != NULL; i++) {
        list = xrealloc(list, (n + 2) * sizeof *list);
        list[n++] = fs_join(sdk->sysroot, sysroot_dirs[i]);
    }
    list[n] = NULL;
    return list;
}

static void list_free(char **list)
{
    for (size_t i = 0; list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

/* PROCESSOR is there as in mkifs; the user's definitions come first and win. NULL after a message.
 */
static struct define *define_list(const char *const *pairs, struct buf *names)
{
    size_t n = 0;
    while (pairs != NULL && pairs[n] != NULL) {
        const char *eq = strchr(pairs[n], '=');
        if (eq == NULL || eq == pairs[n]) {
            complain(0, "-D %s: NAME=VALUE is needed", pairs[n]);
            return NULL;
        }
        buf_append(names, pairs[n], (size_t)(eq - pairs[n]));
        buf_append(names, "", 1);
        n++;
    }
    struct define *list = xmalloc((n + 2) * sizeof *list);
    const char *name = names->data;
    for (size_t i = 0; i < n; i++, name += strlen(name) + 1)
        list[i] = (struct define){name, strchr(pairs[i], '=') + 1};
    list[n] = (struct define){"PROCESSOR", "riscv64"};
    list[n + 1] = (struct define){NULL, NULL};
    return list;
}

static void make_escape(struct buf *out, const char *path)
{
    for (; *path != '\0'; path++) {
        if (*path == ' ' || *path == '#' || *path == '\\')
            buf_puts(out, "\\");
        if (*path == '$')
            buf_puts(out, "$");
        buf_append(out, path, 1);
    }
}

static int write_depfile(const char *file, const char *target, const char *build,
                         const struct buf *inputs)
{
    struct buf text = {0};
    make_escape(&text, target);
    buf_puts(&text, ": ");
    make_escape(&text, build);
    for (size_t at = 0; at < inputs->len; at += strlen(inputs->data + at) + 1) {
        buf_puts(&text, " \\\n  ");
        make_escape(&text, inputs->data + at);
    }
    buf_puts(&text, "\n");
    int error = fs_write(file, text.data, text.len, 0644);
    buf_free(&text);
    return error;
}

static void show_notes(const char *file, const struct buf *notes)
{
    for (size_t at = 0; at < notes->len;) {
        size_t n = strcspn(notes->data + at, "\n");
        fprintf(stderr, "%s:%.*s\n", file, (int)n, notes->data + at);
        at += n + 1;
    }
}

static uint32_t source_date(void)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    return text != NULL ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

struct request {
    const char **search;
    const char **defines;
    const char *depfile;
    bool no_strip;
    bool check;
    bool allow_missing;
    bool needed;
    bool list;
    bool json;
    const char *archive; /* --image */
    struct disk_request disk;
};

/* The archive goes to a file, or onto a disk. An exit code. */
static int write_bytes(const struct request *rq, const char *out, const struct archive *a)
{
    struct buf bytes = {0};
    int result = EXIT_OK;
    cpio_write(a, &bytes);
    if (rq->disk.file != NULL)
        result = disk_write(&rq->disk, &bytes);
    else {
        int error = fs_write(out, bytes.data, bytes.len, 0644);
        if (error != 0)
            result = complain(EXIT_FAILED, "%s: %s", out, strerror(-error));
        else if (rq->json) {
            struct json j = {0};
            json_object(&j, NULL);
            json_string(&j, "image", out);
            json_number(&j, "entries", (int64_t)a->count);
            json_number(&j, "bytes", (int64_t)bytes.len);
            json_end(&j);
            json_print(&j);
        } else
            printf("%s: %zu entries, %zu bytes\n", out, a->count, bytes.len);
    }
    buf_free(&bytes);
    return result;
}

static int save(const struct request *rq, const char *file, const char *out,
                const struct archive *a, const struct buf *inputs)
{
    int result = write_bytes(rq, out, a);
    int error = result == EXIT_OK && rq->depfile != NULL
                    ? write_depfile(rq->depfile, out, file, inputs)
                    : 0;
    return error != 0 ? complain(EXIT_FAILED, "%s: %s", rq->depfile, strerror(-error)) : result;
}

/* A boot archive that is there already, onto a disk. */
static int copy_archive(const struct request *rq)
{
    struct buf bytes = {0};
    struct archive a = {0};
    size_t where;
    char *own = fs_join(sdk_locate()->images, "boot.cpio");
    const char *file = rq->archive != NULL ? rq->archive : own;
    int error = fs_read(file, &bytes);
    const char *why = error != 0 ? NULL : cpio_read(bytes.data, bytes.len, &a, &where);
    int result;
    if (error != 0)
        result = complain(rq->archive != NULL ? EXIT_INPUT : EXIT_MISSING, "%s: %s", file,
                          strerror(-error));
    else if (why != NULL)
        result = complain(EXIT_INPUT, "%s: byte %zu: %s", file, where, why);
    else
        result = disk_write(&rq->disk, &bytes);
    archive_free(&a);
    buf_free(&bytes);
    free(own);
    return result;
}

static int build_image(const struct request *rq, const char *file, const char *out)
{
    struct buf text = {0};
    struct buf inputs = {0};
    struct buf notes = {0};
    struct build build = {0};
    struct archive a = {0};
    struct problem problem;
    struct buf names = {0};
    struct define *defines = define_list(rq->defines, &names);
    if (defines == NULL) {
        buf_free(&names);
        return EXIT_USAGE;
    }
    char *dir = fs_dirname(file);
    char **search = search_list(rq->search);
    struct collect_options options = {.search = (const char *const *)search,
                                      .build_dir = dir,
                                      .strip = !rq->no_strip,
                                      .allow_missing = rq->allow_missing,
                                      .mtime = source_date(),
                                      .inputs = &inputs,
                                      .notes = &notes};
    int error = fs_read(file, &text);
    int result;
    if (error != 0)
        result = complain(EXIT_INPUT, "%s: %s", file, strerror(-error));
    else if (build_parse(&build, text.data, text.len, defines, &problem) != 0 ||
             collect(&build, &options, &a, &problem) != 0 ||
             (rq->needed && add_needed(&a, &options, &problem) != 0)) {
        fprintf(stderr, "%s:%u: error: %s\n", file, problem.line, problem.text);
        result = EXIT_INPUT;
    } else {
        show_notes(file, &build.warnings);
        show_notes(file, &notes);
        result = rq->check ? EXIT_OK : save(rq, file, out, &a, &inputs);
    }
    archive_free(&a);
    build_free(&build);
    buf_free(&text);
    buf_free(&inputs);
    buf_free(&notes);
    buf_free(&names);
    list_free(search);
    free(defines);
    free(dir);
    return result;
}

static void print_member(const struct member *m)
{
    static const char letters[] = "?pc?d?b?-?l?s???";
    if ((m->mode & CPIO_TYPE_MASK) == CPIO_LINK)
        printf("l %04o %u:%u %9zu %s -> %s\n", m->mode & 07777, m->uid, m->gid, m->len, m->name,
               m->data);
    else
        printf("%c %04o %u:%u %9zu %s\n", letters[m->mode >> 12 & 15], m->mode & 07777, m->uid,
               m->gid, m->len, m->name);
}

static void print_json(const struct archive *a)
{
    struct json j = {0};
    json_array(&j, NULL);
    for (size_t i = 0; i < a->count; i++) {
        const struct member *m = &a->members[i];
        char mode[12];
        snprintf(mode, sizeof mode, "%06o", m->mode);
        json_object(&j, NULL);
        json_string(&j, "name", m->name);
        json_string(&j, "mode", mode);
        json_number(&j, "uid", m->uid);
        json_number(&j, "gid", m->gid);
        json_number(&j, "mtime", m->mtime);
        json_number(&j, "size", (int64_t)m->len);
        if ((m->mode & CPIO_TYPE_MASK) == CPIO_LINK)
            json_text(&j, "target", m->data, m->len);
        json_end(&j);
    }
    json_end(&j);
    json_print(&j);
}

static int list_image(const char *file, bool json)
{
    struct buf bytes = {0};
    struct archive a = {0};
    size_t where;
    int error = fs_read(file, &bytes);
    if (error != 0) {
        buf_free(&bytes);
        return complain(EXIT_INPUT, "%s: %s", file, strerror(-error));
    }
    const char *why = cpio_read(bytes.data, bytes.len, &a, &where);
    if (json)
        print_json(&a);
    for (size_t i = 0; i < a.count && !json; i++)
        print_member(&a.members[i]);
    archive_free(&a);
    buf_free(&bytes);
    if (why != NULL)
        return complain(EXIT_INPUT, "%s: byte %zu: %s", file, where, why);
    return EXIT_OK;
}

/* What goes with what. EXIT_OK, or EXIT_USAGE after a message. */
static int check_request(const struct request *rq, int operands)
{
    const struct disk_request *d = &rq->disk;
    if (rq->list)
        return operands == 1 ? EXIT_OK : complain(EXIT_USAGE, "usage: qrv image --list FILE");
    if ((d->board == NULL) != (d->file == NULL))
        return complain(EXIT_USAGE, "--board NAME and --disk FILE go together");
    if (d->file == NULL && (d->size != NULL || d->kernel != NULL || d->append != NULL || d->debug ||
                            d->force || rq->archive != NULL))
        return complain(EXIT_USAGE,
                        "--size, --kernel, --append, --debug-kernel, --force and --image go "
                        "with --disk");
    if (d->append != NULL && strpbrk(d->append, "\n\r") != NULL)
        return complain(EXIT_USAGE, "--append is one line");
    if (d->debug && d->kernel != NULL)
        return complain(EXIT_USAGE, "--debug-kernel and --kernel exclude each other");
    if (d->file != NULL)
        return operands == (rq->archive != NULL ? 0 : operands > 0)
                   ? EXIT_OK
                   : complain(EXIT_USAGE, "with --disk there is one BUILDFILE, or --image FILE, or "
                                          "neither");
    if (operands != (rq->check ? 1 : 2) && !(rq->check && operands == 2))
        return complain(EXIT_USAGE,
                        "usage: qrv image BUILDFILE OUT.cpio, or qrv image --list ARCHIVE");
    return EXIT_OK;
}

int cmd_image(int argc, char **argv)
{
    struct request rq = {.disk.time = source_date()};
    bool want_help = false;
    const struct option_spec specs[] = {{"-I", .list = &rq.search},
                                        {"--search", .list = &rq.search},
                                        {"-D", .list = &rq.defines},
                                        {"--define", .list = &rq.defines},
                                        {"--no-strip", .flag = &rq.no_strip},
                                        {"--check", .flag = &rq.check},
                                        {"--depfile", .value = &rq.depfile},
                                        {"--list", .flag = &rq.list},
                                        {"--json", .flag = &rq.json},
                                        {"--needed", .flag = &rq.needed},
                                        {"--allow-missing", .flag = &rq.allow_missing},
                                        {"--board", .value = &rq.disk.board},
                                        {"--disk", .value = &rq.disk.file},
                                        {"--size", .value = &rq.disk.size},
                                        {"--image", .value = &rq.archive},
                                        {"--kernel", .value = &rq.disk.kernel},
                                        {"--append", .value = &rq.disk.append},
                                        {"--debug-kernel", .flag = &rq.disk.debug},
                                        {"--force", .flag = &rq.disk.force},
                                        {"--help", .flag = &want_help},
                                        {"-h", .flag = &want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    int result;
    rq.disk.json = rq.json;
    if (want_help) {
        fputs(help, stdout);
        result = EXIT_OK;
    } else if (n < 0)
        result = EXIT_USAGE;
    else if ((result = check_request(&rq, n)) != EXIT_OK)
        ;
    else if (rq.list)
        result = disk_is(argv[1]) ? disk_list(argv[1], rq.json) : list_image(argv[1], rq.json);
    else if (rq.disk.file != NULL && n == 0)
        result = copy_archive(&rq);
    else
        result = build_image(&rq, argv[1], rq.disk.file != NULL ? rq.disk.file : argv[2]);
    free(rq.search);
    free(rq.defines);
    return result;
}
