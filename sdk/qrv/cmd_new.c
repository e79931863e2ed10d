/* SPDX-License-Identifier: Apache-2.0 */
/*
 * qrv new: copies what all templates have in common, then the template, and puts the project's name
 * into it. In file names and text, @NAME@ becomes the name, @ID@ the name as a C identifier, @SDK@
 * the directory of the SDK, @CMAKE@ the one of its CMake files, @VERSION@ its version and @PROGRAM@
 * the program to debug. A template's file .summary is not copied: its first line is what --list
 * shows, a line "program: X" names that program when it is not @NAME@. When copying fails, what was
 * made is removed again.
 */
#include "../common/fs.h"
#include "../common/json.h"
#include "../common/nearest.h"
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
static const char summary_file[] = ".summary";
static const char common_files[] = ".common";

static const char help[] =
    "usage: qrv new TEMPLATE NAME [DIR]\n"
    "       qrv new --list [--json]\n"
    "\n"
    "Starts a project in DIR (default: ./NAME) from a template. NAME is the name of the program: "
    "small\n"
    "letters, digits, - and _, at most 40, beginning with a letter. DIR may exist if it is empty.\n"
    "\n"
    "      --list [--json]  show the templates, with a line about each\n"
    "      --dir DIR        the same as DIR behind the name\n"
    "\n"
    "Examples:\n"
    "  qrv new --list\n"
    "  qrv new resmgr mydev\n"
    "  qrv new app hello --dir ~/src/hello\n"
    "\n"
    "Each project has CMake presets: cmake --workflow --preset qrv-debug configures, builds and "
    "tests it.\n";

struct project {
    const char *name;
    char id[NAME_MAX_LEN + 1];
    const char *sdk;
    char *cmake;
    struct buf program;
    struct buf made; /* NUL-terminated paths, in the order in which they came to be */
    int files;
};

/* JSON files get the paths as JSON strings have them, without the quotes around. */
static void put_value(struct buf *out, const char *value, bool json)
{
    struct json j = {0};
    if (!json) {
        buf_puts(out, value);
        return;
    }
    json_string(&j, NULL, value);
    buf_append(out, j.out.data + 1, j.out.len - 2);
    buf_free(&j.out);
}

static void substitute(const struct project *p, const char *text, size_t len, bool json,
                       struct buf *out)
{
    const char *pairs[][2] = {{"@NAME@", p->name},
                              {"@ID@", p->id},
                              {"@SDK@", p->sdk},
                              {"@CMAKE@", p->cmake},
                              {"@PROGRAM@", p->program.data},
                              {"@VERSION@", QRV_VERSION}};
    buf_puts(out, "");
    for (size_t at = 0; at < len;) {
        size_t used = 0;
        for (size_t i = 0; text[at] == '@' && used == 0 && i < sizeof pairs / sizeof pairs[0];
             i++) {
            size_t n = strlen(pairs[i][0]);
            if (len - at >= n && memcmp(text + at, pairs[i][0], n) == 0) {
                put_value(out, pairs[i][1], json);
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

static void remember(struct project *p, const char *path)
{
    buf_append(&p->made, path, strlen(path) + 1);
}

/* Takes back what was made, the latest first. */
static void undo(const struct project *p)
{
    for (size_t end = p->made.len; end > 0;) {
        size_t at = end - 1;
        while (at > 0 && p->made.data[at - 1] != '\0')
            at--;
        remove(p->made.data + at);
        end = at;
    }
}

static int make_directory(struct project *p, const char *path)
{
    if (mkdir(path, 0777) == 0) {
        remember(p, path);
        return 0;
    }
    return errno == EEXIST && fs_is_dir(path) ? 0 : -errno;
}

static int copy_file(struct project *p, const char *from, const char *to, unsigned mode)
{
    struct buf in = {0};
    struct buf out = {0};
    const char *dot = strrchr(to, '.');
    int error = fs_read(from, &in);
    if (error == 0) {
        substitute(p, in.data, in.len, dot != NULL && strcmp(dot, ".json") == 0, &out);
        error = fs_write(to, out.data, out.len, mode & 0111 ? 0755 : 0644);
    }
    if (error != 0)
        complain(0, "%s: %s", to, strerror(-error));
    else {
        remember(p, to);
        p->files++;
    }
    buf_free(&in);
    buf_free(&out);
    return error;
}

static int copy_tree(struct project *p, const char *from, const char *to, int depth)
{
    DIR *dir = opendir(from);
    int error = dir == NULL ? -errno : depth > MAX_DEPTH ? -ELOOP : make_directory(p, to);
    if (error != 0)
        complain(0, "%s: %s", dir == NULL ? from : to, strerror(-error));
    for (struct dirent *d = error == 0 ? readdir(dir) : NULL; d != NULL && error == 0;
         d = readdir(dir)) {
        struct buf name = {0};
        struct stat st;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
            (depth == 0 && strcmp(d->d_name, summary_file) == 0))
            continue;
        substitute(p, d->d_name, strlen(d->d_name), false, &name);
        char *source = fs_join(from, d->d_name);
        char *target = fs_join(to, name.data);
        if (stat(source, &st) != 0) {
            error = -errno;
            complain(0, "%s: %s", source, strerror(errno));
        } else
            error = S_ISDIR(st.st_mode) ? copy_tree(p, source, target, depth + 1)
                                        : copy_file(p, source, target, (unsigned)st.st_mode);
        free(source);
        free(target);
        buf_free(&name);
    }
    if (dir != NULL)
        closedir(dir);
    return error;
}

/* 0, or an exit code after a message that says what is wrong with the name. */
static int check_name(const char *name)
{
    static const char *const taken[] = {"all",  "clean",         "depend", "edit_cache",
                                        "help", "install",       "list",   "package",
                                        "test", "rebuild_cache", NULL};
    if (name[0] < 'a' || name[0] > 'z' || strlen(name) > NAME_MAX_LEN ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != strlen(name))
        return complain(EXIT_USAGE,
                        "%s: a name has small letters, digits, - and _, at most %d, a letter first",
                        name, NAME_MAX_LEN);
    for (int i = 0; taken[i] != NULL; i++)
        if (strcmp(name, taken[i]) == 0)
            return complain(EXIT_USAGE, "%s: CMake has this name for itself; take another", name);
    return EXIT_OK;
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

/* <sdk>/templates; in the source tree they lie beside out/. */
static char *templates_dir(void)
{
    const struct sdk *sdk = sdk_locate();
    return fs_join(sdk->installed ? sdk->root : sdk->share, "templates");
}

static int is_template(const struct dirent *d)
{
    char *path;
    if (d->d_name[0] == '.')
        return 0;
    char *dir = templates_dir();
    path = xprintf("%s/%s/%s", dir, d->d_name, summary_file);
    int result = fs_is_file(path);
    free(path);
    free(dir);
    return result;
}

/* Sorted names of the templates in *list; their number, or -1 after a message. */
static int find_templates(struct dirent ***list)
{
    char *path = templates_dir();
    int n = scandir(path, list, is_template, alphasort);
    if (n < 0)
        complain(0, "%s: %s", path, strerror(errno));
    free(path);
    return n;
}

/* The first line of a template's summary, or what follows key on a line of its own; "" if there is
 * none. */
static char *read_summary(const char *template, const char *key)
{
    char *dir = templates_dir();
    char *path = xprintf("%s/%s/%s", dir, template, summary_file);
    struct buf text = {0};
    char *found = NULL;
    if (fs_read(path, &text) == 0) {
        const char *line = text.data;
        while (key != NULL && line != NULL && strncmp(line, key, strlen(key)) != 0) {
            line = strchr(line, '\n');
            line = line != NULL ? line + 1 : NULL;
        }
        if (line != NULL && key != NULL)
            line += strlen(key);
        if (line != NULL)
            found = xstrndup(line, strcspn(line, "\n"));
    }
    buf_free(&text);
    free(path);
    free(dir);
    return found != NULL ? found : xstrdup("");
}

static int list_templates(bool as_json)
{
    struct dirent **list;
    struct json j = {0};
    int n = find_templates(&list);
    if (n < 0)
        return EXIT_MISSING;
    if (as_json)
        json_array(&j, NULL);
    for (int i = 0; i < n; i++) {
        char *summary = read_summary(list[i]->d_name, NULL);
        if (as_json) {
            json_object(&j, NULL);
            json_string(&j, "name", list[i]->d_name);
            json_string(&j, "summary", summary);
            json_end(&j);
        } else
            printf("%-10s %s\n", list[i]->d_name, summary);
        free(summary);
        free(list[i]);
    }
    free(list);
    if (as_json) {
        json_end(&j);
        json_print(&j);
    }
    return EXIT_OK;
}

static int check_template(const char *template)
{
    struct dirent **list;
    struct nearest nearest = {.typed = template};
    bool found = false;
    int n = find_templates(&list);
    if (n < 0)
        return EXIT_MISSING;
    for (int i = 0; i < n; i++) {
        found |= strcmp(list[i]->d_name, template) == 0;
        nearest_offer(&nearest, list[i]->d_name);
    }
    int result = EXIT_OK;
    if (!found && nearest.best != NULL)
        result = complain(EXIT_USAGE, "there is no template %s; did you mean %s?", template,
                          nearest.best);
    else if (!found)
        result =
            complain(EXIT_USAGE, "there is no template %s; qrv new --list shows them", template);
    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
    return result;
}

/* The directories above where, which stay when the project does not come to be. */
static int make_parents(const char *where)
{
    char *parent = fs_dirname(where);
    int error = fs_mkdirs(parent);
    if (error != 0)
        complain(0, "%s: %s", parent, strerror(-error));
    free(parent);
    return error;
}

static int create(const char *template, const char *name, const char *where)
{
    const struct sdk *sdk = sdk_locate();
    struct project p = {.name = name, .sdk = sdk->root};
    char *templates = templates_dir();
    char *from = fs_join(templates, template);
    char *common = fs_join(templates, common_files);
    char *program = read_summary(template, "program: ");
    int result = EXIT_OK;
    p.cmake = fs_join(sdk->share, "cmake");
    snprintf(p.id, sizeof p.id, "%s", name);
    for (char *c = p.id; *c != '\0'; c++)
        if (*c == '-')
            *c = '_';
    buf_puts(&p.program, name);
    if (program[0] != '\0') {
        struct buf text = {0};
        substitute(&p, program, strlen(program), false, &text);
        buf_free(&p.program);
        p.program = text;
    }
    if (access(where, F_OK) == 0 && !is_empty_dir(where))
        result = complain(EXIT_USAGE, "%s is there already and is not an empty directory", where);
    else if (make_parents(where) != 0)
        result = EXIT_FAILED;
    else if ((fs_is_dir(common) && copy_tree(&p, common, where, 0) != 0) ||
             copy_tree(&p, from, where, 0) != 0) {
        undo(&p);
        result = EXIT_FAILED;
    } else
        printf("%s: %d files from template %s\n"
               "next:  cd '%s'\n"
               "       cmake --workflow --preset qrv-debug    (configures, builds, tests)\n"
               "README.md there says more.\n",
               where, p.files, template, where);
    buf_free(&p.made);
    buf_free(&p.program);
    free(p.cmake);
    free(program);
    free(common);
    free(from);
    free(templates);
    return result;
}

int cmd_new(int argc, char **argv)
{
    bool list = false;
    bool json = false;
    bool want_help = false;
    const char *where = NULL;
    const struct option_spec specs[] = {{"--list", .flag = &list},
                                        {"--json", .flag = &json},
                                        {"--dir", .value = &where},
                                        {"--help", .flag = &want_help},
                                        {NULL}};
    int n = options_parse(argc, argv, specs, NULL);
    int result;
    if (want_help) {
        fputs(help, stdout);
        return EXIT_OK;
    }
    if (n < 0)
        return EXIT_USAGE;
    if (list && n == 0 && where == NULL)
        return list_templates(json);
    if (n == 3 && where == NULL)
        where = argv[3];
    else if (n != 2)
        return complain(EXIT_USAGE,
                        "usage: qrv new TEMPLATE NAME [DIR]; qrv new --list shows the templates");
    if (list || json)
        return complain(EXIT_USAGE, "--list and --json do not go with a new project");
    if (where != NULL && where[0] == '\0')
        return complain(EXIT_USAGE, "the directory has an empty name");
    if ((result = check_template(argv[1])) != EXIT_OK || (result = check_name(argv[2])) != EXIT_OK)
        return result;
    return create(argv[1], argv[2], where != NULL ? where : argv[2]);
}
