/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of text as commands to a prefix tree: attach, detach, symlink, unlink, resolve.  Whatever
 * comes, the tree stays sound and paths stay normal. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <abi/taskman.h>
#include "host_heap.h"
#include "main/heap.h"
#include "path/normal.h"
#include "path/prefix.h"

size_t fuzz_seed(uint8_t *data, size_t room);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_normal(const char *path, int length)
{
    char again[PATH_BYTES];

    if (length < 1 || length >= PATH_BYTES || path[0] != '/' || (int)strlen(path) != length)
        abort();
    if (path_normalise(again, "/", path) != length || strcmp(again, path) != 0)
        abort();
}

static void run(struct prefix_tree *t, uint8_t command, const char *text)
{
    char path[PATH_BYTES];
    struct path_link link = {.pid = 1 + command % 3, .flags = command};
    struct prefix_match match[TMSG_RESOLVE_MAX];
    bool is_link;
    int n = path_normalise(path, "/base/dir", text);

    if (n < 0)
        return;
    must_be_normal(path, n);
    switch (command % 5) {
    case 0:
        prefix_attach(t, path, &link);
        break;
    case 1:
        prefix_detach(t, command, 0);
        break;
    case 2:
        prefix_symlink(t, path, text, 0);
        break;
    case 3:
        prefix_unlink(t, path, 0);
        break;
    default:
        n = prefix_follow(t, path, command & 64, &is_link);
        if (n < 0)
            return;
        must_be_normal(path, n);
        for (unsigned i = prefix_resolve(t, path, 1, command % 8, match, TMSG_RESOLVE_MAX); i--;)
            if (match[i].prefix_length > (uint32_t)n)
                abort();
    }
}

static void unlink_all(struct prefix_tree *t)
{
    char path[PATH_BYTES * 4];

    while (!list_empty(&t->root->children)) {
        struct path_node *n = t->root;
        size_t at = 0;

        while (!list_empty(&n->children)) {
            n = container_of(n->children.next, struct path_node, siblings);
            path[at++] = '/';
            memcpy(path + at, n->name, strlen(n->name) + 1);
            at += strlen(n->name);
        }
        if (prefix_unlink(t, path, 0) != 0)
            abort(); /* a leaf without link must be a symlink */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct prefix_tree t;
    char *text = malloc(size + 1);
    size_t at = 0;

    memcpy(text, data, size);
    text[size] = '\0';
    if (prefix_init(&t) < 0)
        abort();
    while (at < size) {
        char *end = strchr(text + at + 1, '\n');
        if (end)
            *end = '\0';
        run(&t, (uint8_t)text[at], text + at + 1);
        at = end ? (size_t)(end - text) + 1 : size;
    }
    for (int pid = 1; pid <= 3; pid++)
        prefix_detach_all(&t, pid);
    unlink_all(&t);
    if (t.links || t.nodes != 1)
        abort();
    heap_free(t.root);
    free(text);
    if (heap_blocks)
        abort();
    return 0;
}

size_t fuzz_seed(uint8_t *data, size_t room)
{
    static const char text[] = "d/dev/ser1\nd/\n\002/dev/ser1\n\002/a/../b\n\004/x/y\n\016/dev/"
                               "zz\nx/b\n\023/b\nn/../x//y/./\n\001x\n\013y\n\004/b/c\n";

    (void)room;
    memcpy(data, text, sizeof(text) - 1);
    return sizeof(text) - 1;
}
