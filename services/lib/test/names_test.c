/* SPDX-License-Identifier: Apache-2.0 */
/* usage: names_test COUNT. Examples by hand, then COUNT random paths and links, held against the rules they must keep. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../foreign_names.h"

static int number, failures;

static void check(int good, const char *text)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++number, text);
    failures += !good;
}

static int link_is(const char *own, const char *path, unsigned index, const char *text, const char *expected)
{
    char out[PATH_BYTES];
    struct names n = {.count = 0};
    if (names_add(&n, own) != 0)
        return 0;
    n.own = n.count;
    return names_add(&n, path) == 0 && names_link(&n, n.own + index, "/mnt", text, out) == 0 && strcmp(out, expected) == 0;
}

static void examples(void)
{
    char out[PATH_BYTES], name[NAME_BYTES], longest[PATH_BYTES * 2];
    struct names n = {.count = 0};
    check(names_add(&n, "a//./b/c/.") == 0 && n.count == 3 && n.len[1] == 1, "empty names and . are no names");
    names_copy(&n, 2, name);
    check(strcmp(name, "c") == 0, "a name by itself");
    memset(longest, 'x', sizeof longest);
    longest[NAME_BYTES - 1] = '\0';
    n.count = 0;
    check(names_add(&n, longest) == 0, "a name of 255 bytes");
    longest[NAME_BYTES - 1] = 'x';
    longest[NAME_BYTES] = '\0';
    check(names_add(&n, longest) == ENAMETOOLONG, "a name of 256 bytes is too long");
    n.count = 0;
    for (int i = 0; i < PATH_BYTES; i++)
        longest[i] = i % 2 ? '/' : 'x';
    longest[PATH_BYTES] = '\0';
    check(names_add(&n, longest) == 0 && n.count == NAMES_MAX, "as many names as a path can have");
    check(names_add(&n, "y") == ENAMETOOLONG, "one more than that");
    check(link_is("", "a/l/b", 1, "t", "/mnt/a/t/b"), "a relative link");
    check(link_is("", "l", 0, "../t", "/mnt/../t"), "a relative link at the mount's root");
    check(link_is("", "a/l/b", 1, "/t", "/t/b"), "an absolute link");
    check(link_is("x/y", "a/l", 1, "t", "/mnt/a/t"), "the mount's own names stay out of it");
    n = (struct names){.count = 0};
    names_add(&n, "l");
    check(names_link(&n, 0, "/mnt", "", out) == ENOENT, "a link that holds nothing");
    memset(longest, 'x', sizeof longest);
    longest[PATH_BYTES - 6] = '\0'; /* "/mnt/" and it fill the path to its last byte */
    check(names_link(&n, 0, "/mnt", longest, out) == 0 && strlen(out) == PATH_BYTES - 1, "the longest path");
    longest[PATH_BYTES - 6] = 'x';
    longest[PATH_BYTES - 5] = '\0';
    check(names_link(&n, 0, "/mnt", longest, out) == ENAMETOOLONG, "a path that is one byte too long");
    check(names_mountpoint("/a/b///", 7, out) == 0 && strcmp(out, "/a/b") == 0, "a mount point with slashes at its end");
    check(names_mountpoint("/", 1, out) == -1 && names_mountpoint("a", 1, out) == -1 &&
              names_mountpoint("///", 3, out) == -1 && names_mountpoint("", 0, out) == -1, "what is no mount point");
}

/* Mostly slashes, dots and a few letters; exactly as long as its memory, for the sanitizer. */
static char *random_text(size_t max)
{
    size_t n = (size_t)rand() % max;
    char *text = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = rand() % 40 ? "ab./"[rand() % (rand() % 4 ? 2 : 4)] : (char)(rand() % 255 + 1);
    text[n] = '\0';
    return text;
}

static int try_random(void)
{
    char *path = random_text(rand() % 8 ? 64 : PATH_BYTES * 2), *text = random_text(rand() % 8 ? 32 : PATH_BYTES * 2);
    char *out = malloc(PATH_BYTES), *name = malloc(NAME_BYTES);
    struct names *n = malloc(sizeof *n);
    int good = 1;
    n->count = n->own = 0;
    if (names_add(n, path) == 0 && n->count > 0) {
        unsigned index = (unsigned)rand() % n->count;
        names_copy(n, index, name);
        good &= name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0;
        int error = names_link(n, index, "/mnt", text, out);
        good &= error == 0 || error == ENAMETOOLONG || (error == ENOENT && text[0] == '\0');
        good &= error != 0 || (memchr(out, '\0', PATH_BYTES) != NULL && strstr(out, text) != NULL && out[0] == '/');
    }
    names_mountpoint(text, strlen(text), out);
    free(path), free(text), free(out), free(name), free(n);
    return good;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1000, good = 1;
    examples();
    for (int i = 0; i < count && good; i++)
        good = try_random();
    check(good, "random paths and links");
    printf("1..%d\n", number);
    return failures != 0;
}
