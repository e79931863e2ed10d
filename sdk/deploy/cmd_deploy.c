/* SPDX-License-Identifier: Apache-2.0 */
/* qrv deploy, qrv pull: files to and from a target. */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../qrv/verbs.h"
#include "transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char deploy_help[] =
    "usage: qrv deploy [--target T] FILE:PATH...\n"
    "\n"
    "Puts files onto a running target. Only blocks that differ from what is there are sent. The target\n"
    "checks size and SHA-256 of its copy and then gives it its name: PATH is the old file or the new one\n"
    "at every moment, whatever breaks. After a break of the line the deployment goes on where it was.\n"
    "A PATH that ends with / is a directory.\n"
    "\n"
    "      --target T     a name in qrv.targets, or a line: a serial device, unix:PATH, tcp:HOST[:PORT]\n"
    "      --wait SECONDS patience with a line that is broken (default 30)\n"
    "      --json         what was done, for programs\n"
    "\n"
    "The file qrv.targets, in this directory or one above it, or ~/.qrv.targets:\n"
    "  [board]\n"
    "  line = /dev/ttyUSB0\n"
    "  speed = 115200\n"
    "  [lab]\n"
    "  line = tcp:board7\n"
    "tcp:HOST[:PORT] is a target on the network whose deployd listens (deployd -p 8001, the default).\n"
    "serial:HOST:PORT is the serial line behind a terminal server.\n"
    "Without --target its first target is meant.\n"
    "\n"
    "Examples:\n"
    "  qrv deploy build/mydev:/tmp/                          to the first target of qrv.targets\n"
    "  qrv deploy --target unix:vm.sock build/mydev:/tmp/mydev    to \"qrv run --line vm.sock\"\n"
    "\n"
    "Exit code: 1 when the target refused (no space, no permission) or did not answer.\n";

static const char pull_help[] =
    "usage: qrv pull [--target T] PATH:FILE...\n"
    "\n"
    "Fetches files from a running target; their SHA-256 is checked before FILE changes. A FILE that is a\n"
    "directory gets the file under its own name.\n"
    "\n"
    "      --target T     a name in qrv.targets, or a line; see qrv deploy --help\n"
    "      --wait SECONDS patience with a line that is broken (default 30)\n"
    "      --json         what was done, for programs\n"
    "\n"
    "Examples:\n"
    "  qrv pull /tmp/core:core\n"
    "  qrv pull --target board /proc/boot/.script:script.txt\n"
    "\n"
    "Exit code: 1 when the target refused or did not answer.\n";

struct request {
    const char *target_name, *wait;
    bool json, want_help;
    long patience_s;
    struct target target;
};

/* Splits at the colon: left and right are heap strings. */
static int split(const char *spec, char **left, char **right)
{
    const char *colon = strrchr(spec, ':');
    if (colon == NULL || colon == spec || colon[1] == '\0')
        return complain(EXIT_USAGE, "%s: FROM:TO is needed", spec);
    *left = xstrndup(spec, (size_t)(colon - spec));
    *right = xstrdup(colon + 1);
    return 0;
}

/* A directory gets the name of the source. */
static void complete(char **to, const char *from, bool is_directory)
{
    if (!is_directory)
        return;
    char *whole = fs_join(*to, fs_basename(from));
    free(*to);
    *to = whole;
}

static void report(struct json *j, const struct transfer *t, bool json)
{
    if (!json) {
        if (t->unchanged)
            printf("%s: %s is the same already\n", t->file, t->path);
        else
            printf("%s: %s, %llu of %llu bytes moved\n", t->file, t->path,
                   (unsigned long long)t->moved, (unsigned long long)t->size);
        return;
    }
    json_object(j, NULL);
    json_string(j, "file", t->file);
    json_string(j, "path", t->path);
    json_number(j, "bytes", (int64_t)t->size);
    json_number(j, "moved", (int64_t)t->moved);
    json_bool(j, "unchanged", t->unchanged);
    json_number(j, "breaks", t->breaks);
    json_end(j);
}

static int put(const struct request *rq, const char *spec, struct json *j)
{
    struct buf content = {0};
    struct stat st;
    char *file, *path;
    int result = split(spec, &file, &path);
    if (result != 0)
        return result;
    complete(&path, file, path[strlen(path) - 1] == '/');
    int error = fs_read(file, &content);
    if (error == 0 && stat(file, &st) != 0)
        error = -errno;
    if (path[0] != '/')
        result = complain(EXIT_USAGE, "%s: the path on the target begins with /", spec);
    else if (error != 0)
        result = complain(EXIT_INPUT, "%s: %s", file, strerror(-error));
    else {
        struct transfer t = {.target = &rq->target, .file = file, .path = path,
                             .mode = st.st_mode & 0777, .patience_s = rq->patience_s,
                             .quiet = rq->json};
        result = transfer_put(&t, &content);
        if (result == 0)
            report(j, &t, rq->json);
    }
    buf_free(&content);
    free(file);
    free(path);
    return result;
}

static int get(const struct request *rq, const char *spec, struct json *j)
{
    struct buf content = {0};
    char *file, *path;
    int result = split(spec, &path, &file);
    if (result != 0)
        return result;
    complete(&file, path, fs_is_dir(file));
    struct transfer t = {.target = &rq->target, .file = file, .path = path,
                         .patience_s = rq->patience_s, .quiet = rq->json};
    result = path[0] == '/' ? transfer_get(&t, &content)
                            : complain(EXIT_USAGE, "%s: the path on the target begins with /", spec);
    if (result == 0) {
        int error = fs_write(file, content.data != NULL ? content.data : "", content.len,
                             t.mode | 0600);
        result = error != 0 ? complain(EXIT_FAILED, "%s: %s", file, strerror(-error)) : 0;
    }
    if (result == 0)
        report(j, &t, rq->json);
    buf_free(&content);
    free(file);
    free(path);
    return result;
}

static int run(int argc, char **argv, const char *help,
               int (*one)(const struct request *, const char *, struct json *))
{
    struct request rq = {.patience_s = 30};
    struct json j = {0};
    const struct option_spec specs[] = {{"--target", .value = &rq.target_name},
                                        {"--wait", .value = &rq.wait},
                                        {"--json", .flag = &rq.json},
                                        {"--help", .flag = &rq.want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (n < 0)
        return EXIT_USAGE;
    if (rq.want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n == 0)
        return complain(EXIT_USAGE, "nothing to do: FROM:TO is needed; --help explains");
    if (rq.wait != NULL && !option_number("--wait", rq.wait, 0, 86400, &rq.patience_s))
        return EXIT_USAGE;
    int result = target_find(rq.target_name, &rq.target);
    if (rq.json)
        json_array(&j, NULL);
    for (int i = 1; result == 0 && i <= n; i++)
        result = one(&rq, argv[i], &j);
    if (rq.json) {
        json_end(&j);
        json_print(&j);
    }
    return result;
}

int cmd_deploy(int argc, char **argv)
{
    return run(argc, argv, deploy_help, put);
}

int cmd_pull(int argc, char **argv)
{
    return run(argc, argv, pull_help, get);
}
