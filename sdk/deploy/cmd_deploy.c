/* SPDX-License-Identifier: Apache-2.0 */
/* qrv deploy, qrv pull: files to and from a target. */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../qrv/verbs.h"
#include "tree.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char deploy_help[] =
    "usage: qrv deploy [--target T] FILE:PATH...\n"
    "\n"
    "Puts files and directories onto a running target. Only what is not in the old file is sent, also when\n"
    "bytes were inserted or removed. The target checks size and SHA-256 of its copy and then gives it its\n"
    "name: PATH is the old file or the new one at every moment, whatever breaks. After a break of the line\n"
    "the deployment goes on where it was. A PATH that ends with / is a directory. Of a directory everything\n"
    "is deployed, symbolic links as links; what else is there stays.\n"
    "\n"
    "      --target T     a name in qrv.targets, or a line: a serial device, unix:PATH, tcp:HOST[:PORT],\n"
    "                     ssh:[USER@]HOST[:PORT]\n"
    "  -p, --preserve     the time of the last change, and mode bits above 0777, come along\n"
    "      --mode OCTAL   mode on the target (default: that of the file)\n"
    "      --owner UID[:GID]  owner on the target (default: user 0, or who owned a file that is the same)\n"
    "      --wait SECONDS patience with a line that is broken (default 30)\n"
    "      --answer SECONDS   patience with a target that is there and does not answer (default 60, and more\n"
    "                     for large files)\n"
    "      --json         what was done, for programs\n"
    "\n"
    "The file qrv.targets, in this directory or one above it, or ~/.qrv.targets:\n"
    "  [board]\n"
    "  line = /dev/ttyUSB0\n"
    "  speed = 115200\n"
    "  [lab]\n"
    "  line = tcp:board7\n"
    "tcp:HOST[:PORT] is a target on the network whose deployd listens (deployd -p 8001, the default).\n"
    "ssh:[USER@]HOST[:PORT] is one with an SSH server (dropbear) and deployd in its PATH: the ssh of this\n"
    "machine connects, or what QRV_SSH says in its place (\"ssh -i key\"); user root unless named.\n"
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
    "Fetches files and directories from a running target; the SHA-256 of each is checked before FILE\n"
    "changes. A FILE that is a directory gets what is fetched under its own name. In directories,\n"
    "symbolic links are left out.\n"
    "\n"
    "      --target T     a name in qrv.targets, or a line; see qrv deploy --help\n"
    "  -p, --preserve     the time of the last change comes along\n"
    "      --wait SECONDS patience with a line that is broken (default 30)\n"
    "      --answer SECONDS   patience with a target that is there and does not answer (default 60)\n"
    "      --json         what was done, for programs\n"
    "\n"
    "Examples:\n"
    "  qrv pull /tmp/core:core\n"
    "  qrv pull --target board /proc/boot/.script:script.txt\n"
    "  qrv pull /var/log:.\n"
    "\n"
    "Exit code: 1 when the target refused or did not answer.\n";

struct request {
    const char *target_name, *wait, *answer, *mode, *owner;
    bool json, want_help, preserve;
    struct target target;
    struct session session;
    struct transfer options;
    struct json list;
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
static void complete(char **to, char *from, bool is_directory)
{
    for (size_t n = strlen(from); n > 1 && from[n - 1] == '/'; n--)
        from[n - 1] = '\0';
    if (!is_directory)
        return;
    char *whole = fs_join(*to, fs_basename(from));
    free(*to);
    *to = whole;
}

static void report(void *arg, const struct transfer *t)
{
    struct request *rq = arg;
    struct json *j = &rq->list;
    if (!rq->json) {
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

static int put(struct request *rq, const char *spec)
{
    char *file, *path;
    int result = split(spec, &file, &path);
    if (result != 0)
        return result;
    complete(&path, file, path[strlen(path) - 1] == '/');
    result = path[0] == '/' ? tree_put(&rq->session, &rq->options, file, path, report, rq)
                            : complain(EXIT_USAGE, "%s: the path on the target begins with /", spec);
    free(file);
    free(path);
    return result;
}

static int get(struct request *rq, const char *spec)
{
    char *file, *path;
    int result = split(spec, &path, &file);
    if (result != 0)
        return result;
    complete(&file, path, fs_is_dir(file));
    result = path[0] == '/' ? tree_get(&rq->session, &rq->options, path, file, report, rq)
                            : complain(EXIT_USAGE, "%s: the path on the target begins with /", spec);
    free(file);
    free(path);
    return result;
}

/* --mode, --owner. */
static bool take_attributes(struct request *rq)
{
    struct transfer *t = &rq->options;
    unsigned long uid, gid;
    char *end;
    t->mode = t->uid = t->gid = -1;
    t->preserve = rq->preserve;
    if (rq->mode != NULL) {
        t->mode = strtol(rq->mode, &end, 8);
        if (*end != '\0' || end == rq->mode || t->mode < 0 || t->mode > 07777) {
            complain(0, "--mode %s: an octal number is needed", rq->mode);
            return false;
        }
    }
    if (rq->owner != NULL) {
        uid = gid = strtoul(rq->owner, &end, 10);
        bool good = end != rq->owner;
        if (good && *end == ':') {
            const char *group = end + 1;
            gid = strtoul(group, &end, 10);
            good = end != group;
        }
        if (!good || *end != '\0' || uid > INT32_MAX || gid > INT32_MAX) {
            complain(0, "--owner %s: UID[:GID] is needed, numbers of the target", rq->owner);
            return false;
        }
        t->uid = (long)uid;
        t->gid = (long)gid;
    }
    return true;
}

static int work(struct request *rq, char **specs, int n, int (*one)(struct request *, const char *))
{
    int result = target_find(rq->target_name, &rq->target);
    rq->session.target = &rq->target;
    rq->session.fd = -1;
    rq->options.quiet = rq->json;
    if (rq->json)
        json_array(&rq->list, NULL);
    for (int i = 0; result == 0 && i < n; i++)
        result = one(rq, specs[i]);
    session_close(&rq->session);
    if (rq->json) {
        json_end(&rq->list);
        json_print(&rq->list);
    }
    return result;
}

static int run(int argc, char **argv, const char *help, bool is_put,
               int (*one)(struct request *, const char *))
{
    struct request rq = {.session.patience_s = 30};
    const struct option_spec specs[] = {{"--target", .value = &rq.target_name},
                                        {"--wait", .value = &rq.wait},
                                        {"--answer", .value = &rq.answer},
                                        {"--json", .flag = &rq.json},
                                        {"--help", .flag = &rq.want_help},
                                        {"--preserve", .flag = &rq.preserve},
                                        {"-p", .flag = &rq.preserve},
                                        {is_put ? "--mode" : NULL, .value = &rq.mode},
                                        {"--owner", .value = &rq.owner},
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
    if (rq.wait != NULL && !option_number("--wait", rq.wait, 0, 86400, &rq.session.patience_s))
        return EXIT_USAGE;
    if (rq.answer != NULL && !option_number("--answer", rq.answer, 1, 86400, &rq.session.answer_s))
        return EXIT_USAGE;
    if (!take_attributes(&rq))
        return EXIT_USAGE;
    return work(&rq, argv + 1, n, one);
}

int cmd_deploy(int argc, char **argv)
{
    return run(argc, argv, deploy_help, true, put);
}

int cmd_pull(int argc, char **argv)
{
    return run(argc, argv, pull_help, false, get);
}
