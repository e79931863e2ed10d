/* SPDX-License-Identifier: Apache-2.0 */
/* usage: cache_test COUNT. The rules of cache.h by hand; then COUNT steps of a server of few files, whose answers come in
 * any order while this machine changes them: what the cache says is never older than the last change that is over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cache.h"

static int number, failures;

static void check(int good, const char *text)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++number, text);
    failures += !good;
}

#define WALL 1000000

static const struct cred root = {0}, other = {.uid = 1000, .gid = 1000};

static struct handle handle_of(unsigned i)
{
    struct handle h = {.len = 32};
    memcpy(h.data, &i, sizeof i);
    return h;
}

static struct fattr3 file(uint32_t changed, uint64_t size)
{
    return (struct fattr3){.type = NF3REG, .nlink = 1, .size = size, .mtime = {changed, 0}, .ctime = {changed, 0}};
}

static struct fattr3 directory(uint32_t changed)
{
    return (struct fattr3){.type = NF3DIR, .nlink = 2, .mtime = {changed, 0}, .ctime = {changed, 0}};
}

static struct moment at(uint64_t ms)
{
    return (struct moment){.ms = 5000 + ms, .wall = WALL};
}

/* How long attributes of that age count, in ms; they are looked up one by one. */
static unsigned lifetime(struct fattr3 a)
{
    const struct cache_limits limits = {3, 60, 4, 30};
    struct cache *c = cache_create(&limits);
    struct handle h = handle_of(1);
    unsigned ms = 0;
    cache_put(c, &h, &a, cache_mark(c), at(0));
    while (ms < 100000 && cache_get(c, &h, &a, at(ms)))
        ms += 500;
    cache_destroy(c);
    return ms;
}

static void ages(void)
{
    check(lifetime(file(WALL - 2, 0)) == 3000, "a file that has just changed: the minimum");
    check(lifetime(file(WALL - 200, 0)) == 20000, "a tenth of its age");
    check(lifetime(file(WALL - 5000, 0)) == 60000, "an old file: the maximum");
    check(lifetime(directory(WALL - 2)) == 4000 && lifetime(directory(WALL - 5000)) == 30000, "directories have limits of their own");
    check(lifetime(file(WALL + 5000, 0)) == 3000, "a change in the future, by a clock that is wrong: the minimum");
    struct fattr3 touched = file(WALL - 2, 0);
    touched.mtime.seconds = 1;
    check(lifetime(touched) == 3000, "a time of modification that was set back counts for nothing");
}

static void nothing(void)
{
    const struct cache_limits none = {0, 0, 0, 0}, files = {0, 0, 1, 1};
    struct cache *c = cache_create(&none);
    struct handle d = handle_of(1), h = handle_of(2);
    struct fattr3 a = file(1, 0), b = directory(1);
    cache_put(c, &h, &a, 0, at(0));
    cache_put(c, &d, &b, 0, at(0));
    cache_name_put(c, &d, "x", &root, NULL, 0, at(0));
    check(!cache_get(c, &h, &a, at(0)) && !cache_get(c, &d, &b, at(0)) &&
              cache_name_get(c, &d, "x", &root, &h, &a, at(0)) == CACHE_UNKNOWN,
          "limits of 0: nothing is kept");
    cache_destroy(c);
    c = cache_create(&files);
    cache_put(c, &h, &a, 0, at(0));
    cache_put(c, &d, &b, 0, at(0));
    check(!cache_get(c, &h, &a, at(0)) && cache_get(c, &d, &b, at(0)), "of files only");
    cache_destroy(c);
}

static void own_changes(struct cache *c)
{
    struct handle h = handle_of(1);
    struct fattr3 old = file(10, 1), new = file(20, 2), a;
    uint64_t before = cache_mark(c);
    cache_put(c, &h, &old, before, at(0));
    uint64_t mark = cache_changing(c, &h);
    check(!cache_get(c, &h, &a, at(0)), "what is being changed is not known");
    cache_put(c, &h, &old, before, at(0));
    check(!cache_get(c, &h, &a, at(0)), "an answer to what was asked before is not kept");
    uint64_t meanwhile = cache_mark(c);
    cache_changed(c, &h, &new, mark, at(0));
    check(cache_get(c, &h, &a, at(0)) && a.size == 2, "the answer to the change says what the file is now");
    cache_put(c, &h, &old, meanwhile, at(0));
    check(cache_get(c, &h, &a, at(0)) && a.size == 2, "what was asked meanwhile does not replace it");
    uint64_t first = cache_changing(c, &h), second = cache_changing(c, &h);
    cache_changed(c, &h, &new, first, at(0));
    cache_changed(c, &h, &old, second, at(0));
    check(!cache_get(c, &h, &a, at(0)), "of two changes at once neither answer counts");
}

static void links(struct cache *c)
{
    struct handle h = handle_of(1), h2 = handle_of(2);
    struct fattr3 linked = file(10, 0), single = file(10, 0), a;
    uint64_t mark = cache_mark(c);
    linked.nlink = 2;
    cache_put(c, &h, &linked, mark, at(0));
    cache_put(c, &h2, &single, mark, at(0));
    cache_unlinked(c);
    cache_put(c, &h, &linked, mark, at(0));
    check(!cache_get(c, &h, &a, at(0)) && cache_get(c, &h2, &a, at(0)), "a name goes: so does what is known of files with more names");
}

static enum cache_name look(struct cache *c, const char *name, const struct cred *who, uint64_t ms)
{
    struct handle d = handle_of(1), h;
    struct fattr3 a;
    return cache_name_get(c, &d, name, who, &h, &a, at(ms));
}

static void names(struct cache *c)
{
    struct handle d = handle_of(1), h = handle_of(2), found;
    struct fattr3 dir = directory(WALL - 100000), a = file(10, 7), b;
    char longest[100];
    uint64_t mark = cache_mark(c);
    cache_name_put(c, &d, "a", &root, &h, mark, at(0));
    check(look(c, "a", &root, 0) == CACHE_UNKNOWN, "no name without its directory");
    cache_put(c, &d, &dir, mark, at(0));
    cache_put(c, &h, &a, mark, at(0));
    cache_name_put(c, &d, "a", &root, &h, mark, at(0));
    cache_name_put(c, &d, "no", &root, NULL, mark, at(0));
    check(cache_name_get(c, &d, "a", &root, &found, &b, at(0)) == CACHE_THERE && b.size == 7 && memcmp(&found, &h, sizeof h) == 0,
          "a name leads to its file");
    check(look(c, "no", &root, 0) == CACHE_ABSENT && look(c, "b", &root, 0) == CACHE_UNKNOWN, "one that is not there");
    check(look(c, "a", &other, 0) == CACHE_UNKNOWN, "another user asks for himself");
    check(look(c, "no", &root, 4000) == CACHE_UNKNOWN && look(c, "a", &root, 4000) == CACHE_THERE, "one that is not there is asked for again soon");
    check(look(c, "a", &root, 30000) == CACHE_UNKNOWN, "no name is older than its directory");
    cache_put(c, &d, &dir, mark, at(20000));
    cache_put(c, &h, &a, mark, at(20000));
    check(look(c, "a", &root, 29999) == CACHE_THERE && look(c, "a", &root, 30001) == CACHE_UNKNOWN, "nor than the directory's maximum");
    cache_name_put(c, &d, "a", &root, &h, mark, at(20000));
    dir.ctime.nseconds++;
    cache_put(c, &d, &dir, mark, at(20000));
    check(look(c, "a", &root, 20000) == CACHE_UNKNOWN, "the directory has changed");
    cache_name_put(c, &d, "a", &root, &h, mark, at(20000));
    cache_changing(c, &h);
    check(look(c, "a", &root, 20000) == CACHE_UNKNOWN, "nothing is known of the file");
    cache_put(c, &h, &a, cache_mark(c), at(20000));
    cache_name_put(c, &d, "a", &other, &h, mark, at(20000));
    cache_name_forget(c, &d, "a");
    check(look(c, "a", &root, 20000) == CACHE_UNKNOWN && look(c, "a", &other, 20000) == CACHE_UNKNOWN, "forgotten, of all users");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    cache_name_put(c, &d, longest, &root, &h, mark, at(20000));
    check(look(c, longest, &root, 20000) == CACHE_UNKNOWN, "a long name is not kept");
}

static void many(struct cache *c)
{
    unsigned known = 0;
    struct handle used = handle_of(1000000);
    struct fattr3 a = file(10, 0);
    cache_put(c, &used, &a, cache_mark(c), at(0));
    for (unsigned i = 0; i < 100000; i++) {
        struct handle h = handle_of(i);
        cache_put(c, &h, &a, cache_mark(c), at(0));
        cache_get(c, &used, &a, at(0));
    }
    for (unsigned i = 0; i < 100000; i++) {
        struct handle h = handle_of(i);
        known += cache_get(c, &h, &a, at(0));
    }
    check(known > 300 && known <= 512, "of 100,000 files those that there is room for");
    check(cache_get(c, &used, &a, at(0)), "what is used stays");
}

/* ------------------------------------------------------------------ any order */

enum { FILES = 6, NAMES = 4, UNDER_WAY = 8 }; /* file 0 is the directory of the names */

struct step {
    enum { FREE, ASK, CHANGE, LOOK, NAME } what;
    bool is_done; /* by the server */
    unsigned file, name;
    uint64_t mark;
    struct fattr3 attr, dir;
    bool is_there;
};

static struct {
    struct fattr3 files[FILES];
    bool names[NAMES];
} truth;
static struct step steps[UNDER_WAY];
static const char *const texts[NAMES] = {"a", "b", "c", "d"};

static void begin(struct cache *c, struct step *s)
{
    *s = (struct step){.what = ASK + (unsigned)rand() % 4, .file = (unsigned)rand() % FILES, .name = (unsigned)rand() % NAMES};
    struct handle h = handle_of(s->what == NAME ? 0 : s->file);
    s->mark = s->what == CHANGE || s->what == NAME ? cache_changing(c, &h) : cache_mark(c);
}

/* The server's clock stands still half of the time: then a change does not show in a ctime. */
static void carry_out(struct step *s)
{
    struct fattr3 *f = &truth.files[s->what == NAME ? 0 : s->file];
    if (s->what == CHANGE)
        f->size++;
    if (s->what == NAME)
        truth.names[s->name] = rand() % 2;
    if (s->what == CHANGE || s->what == NAME)
        f->ctime.nseconds += (unsigned)rand() % 2;
    s->attr = *f;
    s->dir = truth.files[0];
    s->is_there = truth.names[s->name];
    if (s->what == LOOK)
        s->attr = truth.files[1 + s->name];
    s->is_done = true;
}

static void answer(struct cache *c, struct step *s)
{
    struct handle dir = handle_of(0), h = handle_of(s->what == LOOK ? 1 + s->name : s->what == NAME ? 0 : s->file);
    if (s->what == ASK)
        cache_put(c, &h, &s->attr, s->mark, at(0));
    else if (s->what != LOOK)
        cache_changed(c, &h, &s->attr, s->mark, at(0));
    if (s->what == NAME)
        cache_name_forget(c, &dir, texts[s->name]);
    if (s->what == LOOK) {
        cache_put(c, &dir, &s->dir, s->mark, at(0));
        if (s->is_there)
            cache_put(c, &h, &s->attr, s->mark, at(0));
        cache_name_put(c, &dir, texts[s->name], &root, s->is_there ? &h : NULL, s->mark, at(0));
    }
    s->what = FREE;
}

static bool is_changing(unsigned file)
{
    bool any = false;
    for (unsigned i = 0; i < UNDER_WAY; i++)
        any |= (steps[i].what == CHANGE && steps[i].file == file) || (steps[i].what == NAME && file == 0);
    return any;
}

static unsigned hits, name_hits;

static bool is_true(struct cache *c)
{
    struct fattr3 a;
    for (unsigned i = 0; i < FILES; i++) {
        struct handle h = handle_of(i);
        if (is_changing(i) || !cache_get(c, &h, &a, at(0)))
            continue;
        hits++;
        if (a.size != truth.files[i].size)
            return false;
    }
    for (unsigned i = 0; !is_changing(0) && i < NAMES; i++) {
        struct handle dir = handle_of(0), h;
        enum cache_name found = cache_name_get(c, &dir, texts[i], &root, &h, &a, at(0));
        name_hits += found != CACHE_UNKNOWN;
        if (found != CACHE_UNKNOWN && (found == CACHE_THERE) != truth.names[i])
            return false;
    }
    return true;
}

static void any_order(struct cache *c, unsigned count)
{
    bool good = true;
    for (unsigned i = 0; i < FILES; i++)
        truth.files[i] = i == 0 ? directory(WALL - 1000) : file(WALL - 1000, 0);
    srand(7);
    for (unsigned i = 0; good && i < count; i++) {
        struct step *s = &steps[(unsigned)rand() % UNDER_WAY];
        if (s->what == FREE && rand() % 4 == 0) /* mostly few at once */
            begin(c, s);
        else if (s->what != FREE && !s->is_done)
            carry_out(s);
        else if (s->what != FREE)
            answer(c, s);
        good = is_true(c);
    }
    printf("# %u attributes and %u names were known\n", hits, name_hits);
    check(good, "nothing is known that is not so");
    check(hits > count / 20 && name_hits > count / 20, "and enough is known");
}

static void with_cache(void (*test)(struct cache *c))
{
    const struct cache_limits limits = {3, 60, 4, 30};
    struct cache *c = cache_create(&limits);
    test(c);
    cache_destroy(c);
}

int main(int argc, char **argv)
{
    const struct cache_limits limits = {3, 60, 4, 30};
    ages();
    nothing();
    with_cache(own_changes);
    with_cache(links);
    with_cache(names);
    with_cache(many);
    struct cache *c = cache_create(&limits);
    any_order(c, argc > 1 ? (unsigned)atoi(argv[1]) : 1000);
    cache_destroy(c);
    printf("1..%d\n", number);
    return failures != 0;
}
