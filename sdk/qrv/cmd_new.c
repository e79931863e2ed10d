/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv new: copies a template and puts the project's name into it. In file names and text, @NAME@
 * becomes the name, @ID@ the name as a C identifier, @SDK@ the directory of the SDK and @VERSION@
 * its version.
 */
#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "verbs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MAX_LEN = 40, MAX_DEPTH = 8 };

static const char help[] =
    "usage: qrv new TEMPLATE NAME [DIR]\n"
    "       qrv new --list [--json]\n"
    "\n"
    "Starts a project in DIR (default: ./NAME) from a template. NAME is the name of the program: "
    "small\n"
    "letters, digits, - and _, at most 40, beginning with a letter. DIR may exist if it is empty.\n"
    "\n"
    "  resmgr   a multi-threaded resource manager with read, write and devctl, its usage text and "
    "a test\n"
    "\n"
    "Examples:\n"
    "  qrv new --list\n"
    "  qrv new resmgr mydev\n"
    "\n"
    "The project builds with: cmake -B build -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv.cmake && cmake "
    "--build build\n";

struct names {
    const char *name;
    char id[NAME_MAX_LEN + 1];
    char *sdk;
    int made; /* files written */
};

static void substitute(const struct names *names, const char *text, size_t len, struct buf *out)
{
    const char *pairs[][2] = {{"@NAME@", names->name},
                              {"@ID@", names->id},
                              {"@SDK@", names->sdk},
                              {"@VERSION@", QRV_VERSION}};
    buf_puts(out, "");
    for (size_t at = 0; at < len;) {
        size_t used = 0;
        for (size_t i = 0; text[at] == '@' && used == 0 && i < sizeof pairs / sizeof pairs[0];
             i++) {
            size_t n = strlen(pairs[i][0]);
            if (len - at >= n && memcmp(text + at, pairs[i][0], n) == 0) {
                buf_puts(out, pairs[i][1]);
                used = n;
            }
        }
        if (used == 0) {
            buf_append(out, text + at, 1);
            used = 1;
        }
        at += used;
    }
}

static int copy_file(struct names *names, const char *from, const char *to, unsigned mode)
{
    struct buf in = {0};
    struct buf out = {0};
    int error = fs_read(from, &in);
    if (error == 0) {
        substitute(names, in.data, in.len, &out);
        error = fs_write(to, out.data, out.len, mode & 0111 ? 0755 : 0644);
    }
    if (error != 0)
        complain(0, "%s: %s", to, strerror(-error));
    else
        names->made++;
    buf_free(&in);
    buf_free(&out);
    return error;
}

static int copy_tree(struct names *names, const char *from, const char *to, int depth)
{
    DIR *dir = opendir(from);
    int error = dir == NULL ? -errno : depth > MAX_DEPTH ? -ELOOP : fs_mkdirs(to);
    if (error != 0)
        complain(0, "%s: %s", dir == NULL ? from : to, strerror(-error));
    for (struct dirent *d = error == 0 ? readdir(dir) : NULL; d != NULL && error == 0;
         d = readdir(dir)) {
        struct buf name = {0};
        struct stat st;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
            continue;
        substitute(names, d->d_name, strlen(d->d_name), &name);
        char *source = fs_join(from, d->d_name);
        char *target = fs_join(to, name.data);
        if (stat(source, &st) != 0) {
            error = -errno;
            complain(0, "%s: %s", source, strerror(errno));
        } else
            error = S_ISDIR(st.st_mode) ? copy_tree(names, source, target, depth + 1)
                                        : copy_file(names, source, target, (unsigned)st.st_mode);
        free(source);
        free(target);
        buf_free(&name);
    }
    if (dir != NULL)
        closedir(dir);
    return error;
}

static bool name_is_good(const char *name)
{
    if (name[0] < 'a' || name[0] > 'z' || strlen(name) > NAME_MAX_LEN)
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

static bool is_empty_dir(const char *path)
{
    DIR *dir = opendir(path);
    int entries = 0;
    if (dir == NULL)
        return false;
    while (readdir(dir) != NULL)
        entries++;
    closedir(dir);
    return entries <= 2;
}

static int list_templates(bool json)
{
    char *path = fs_join(sdk_locate()->share, "templates");
    DIR *dir = opendir(path);
    const char *separator = "";
    if (dir == NULL) {
        int result = complain(EXIT_MISSING, "%s: %s", path, strerror(errno));
        free(path);
        return result;
    }
    if (json)
        printf("[");
    for (struct dirent *d = readdir(dir); d != NULL; d = readdir(dir)) {
        char *sub = fs_join(path, d->d_name);
        if (d->d_name[0] != '.' && fs_is_dir(sub)) {
            printf(json ? "%s\"%s\"" : "%s%s\n", json ? separator : "", d->d_name);
            separator = ", ";
        }
        free(sub);
    }
    if (json)
        puts("]");
    closedir(dir);
    free(path);
    return EXIT_OK;
}

static int create(const char *template, const char *name, const char *where)
{
    const struct sdk *sdk = sdk_locate();
    struct names names = {.name = name, .sdk = sdk->root};
    char *from = xprintf("%s/templates/%s", sdk->share, template);
    int result = EXIT_OK;
    snprintf(names.id, sizeof names.id, "%s", name);
    for (char *p = names.id; *p != '\0'; p++)
        if (*p == '-')
            *p = '_';
    if (strchr(template, '/') != NULL || template[0] == '.' || !fs_is_dir(from))
        result =
            complain(EXIT_USAGE, "there is no template %s; qrv new --list shows them", template);
    else if (access(where, F_OK) == 0 && !is_empty_dir(where))
        result = complain(EXIT_USAGE, "%s is there already and is not an empty directory", where);
    else if (copy_tree(&names, from, where, 0) != 0)
        result = EXIT_FAILED;
    else
        printf("%s: %d files from template %s\n"
               "next:  cd %s\n"
               "       cmake -B build -DCMAKE_TOOLCHAIN_FILE=%s/%s && cmake --build build\n"
               "       %s/bin/qrv run --add build/%s\n",
               where, names.made, template, where, sdk->installed ? sdk->root : sdk->share,
               sdk->installed ? "qrv.cmake" : "cmake/qrv.cmake", sdk->root, name);
    free(from);
    return result;
}

int cmd_new(int argc, char **argv)
{
    bool list = false;
    bool json = false;
    bool want_help = false;
    const struct option_spec specs[] = {{"--list", .flag = &list},
                                        {"--json", .flag = &json},
                                        {"--help", .flag = &want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n < 0)
        return EXIT_USAGE;
    if (list && n == 0)
        return list_templates(json);
    if (n < 2 || n > 3)
        return complain(EXIT_USAGE, "usage: qrv new TEMPLATE NAME [DIR]");
    if (!name_is_good(argv[2]))
        return complain(EXIT_USAGE,
                        "%s: a name has small letters, digits, - and _, at most %d, a letter first",
                        argv[2], NAME_MAX_LEN);
    return create(argv[1], argv[2], n == 3 ? argv[3] : argv[2]);
}
