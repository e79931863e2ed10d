/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "../common/fs.h"
#include "../common/sdk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 64 };

struct walk {
    struct session *s;
    const struct transfer *options;
    tree_report *report;
    void *arg;
    unsigned depth;
};

static int not_sent(const char *file, const char *why)
{
    return complain(EXIT_INPUT, "%s: %s", file, why);
}

/* ------------------------------------------------------------------ to the target */

static int put_any(struct walk *w, const char *file, const char *path, bool follow);

static int put_file(struct walk *w, const char *file, const char *path)
{
    struct transfer t = *w->options;
    t.file = file;
    t.path = path;
    int result = transfer_put(w->s, &t);
    if (result == 0)
        w->report(w->arg, &t);
    return result;
}

static int put_link(struct walk *w, const char *file, const char *path)
{
    char content[4096];
    ssize_t n = readlink(file, content, sizeof content - 1);
    if (n < 0)
        return not_sent(file, strerror(errno));
    content[n] = '\0';
    return transfer_make_link(w->s, path, content);
}

static int not_dots(const struct dirent *e)
{
    return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static int put_directory(struct walk *w, const char *file, const char *path, unsigned mode)
{
    struct dirent **list;
    int n = scandir(file, &list, not_dots, alphasort);
    if (n < 0)
        return not_sent(file, strerror(errno));
    int result = transfer_make_directory(w->s, path, mode & 0777);
    for (int i = 0; i < n; i++) {
        char *from = fs_join(file, list[i]->d_name), *to = fs_join(path, list[i]->d_name);
        if (result == 0)
            result = put_any(w, from, to, false);
        free(from);
        free(to);
        free(list[i]);
    }
    free(list);
    return result;
}

static int put_any(struct walk *w, const char *file, const char *path, bool follow)
{
    struct stat st;
    if ((follow ? stat : lstat)(file, &st) != 0)
        return not_sent(file, strerror(errno));
    if (S_ISREG(st.st_mode))
        return put_file(w, file, path);
    if (S_ISLNK(st.st_mode))
        return put_link(w, file, path);
    if (!S_ISDIR(st.st_mode))
        return not_sent(file, "neither a file nor a directory");
    if (w->depth == DEPTH)
        return not_sent(file, "directories are nested too deeply");
    w->depth++;
    int result = put_directory(w, file, path, st.st_mode);
    w->depth--;
    return result;
}

int tree_put(struct session *s, const struct transfer *options, const char *file, const char *path,
             tree_report *report, void *arg)
{
    struct walk w = {s, options, report, arg, 0};
    return put_any(&w, file, path, true);
}

/* ------------------------------------------------------------------ from the target */

static int get_file(struct walk *w, const char *path, const char *file)
{
    struct transfer t = *w->options;
    t.file = file;
    t.path = path;
    int result = transfer_get(w->s, &t);
    if (result == 0)
        w->report(w->arg, &t);
    return result;
}

static int get_directory(struct walk *w, const char *path, const char *file)
{
    struct entry *list = NULL;
    size_t count = 0;
    int result = transfer_list(w->s, path, &list, &count);
    if (result == 0 && mkdir(file, 0777) != 0 && (errno != EEXIST || !fs_is_dir(file)))
        result = complain(EXIT_FAILED, "%s: %s", file, strerror(errno));
    for (size_t i = 0; i < count; i++) {
        char *from = fs_join(path, list[i].name), *to = fs_join(file, list[i].name);
        if (result == 0 && S_ISREG(list[i].mode))
            result = get_file(w, from, to);
        else if (result == 0 && S_ISDIR(list[i].mode) && w->depth < DEPTH) {
            w->depth++;
            result = get_directory(w, from, to);
            w->depth--;
        } else if (result == 0 && S_ISDIR(list[i].mode))
            result = complain(EXIT_FAILED, "%s: directories are nested too deeply", from);
        else if (result == 0)
            complain(0, "%s: left out: not a file", from);
        free(from);
        free(to);
        free(list[i].name);
    }
    free(list);
    return result;
}

int tree_get(struct session *s, const struct transfer *options, const char *path, const char *file,
             tree_report *report, void *arg)
{
    struct walk w = {s, options, report, arg, 0};
    s->expected = EISDIR;
    s->was_expected = false;
    int result = get_file(&w, path, file);
    s->expected = 0;
    return s->was_expected ? get_directory(&w, path, file) : result;
}
