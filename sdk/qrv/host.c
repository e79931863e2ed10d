/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include "../common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies a value of os-release without its quotes; characters that do not belong there end it. */
static void take_value(const char *text, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len && n + 1 < size; i++) {
        if (text[i] == '"' || text[i] == '\'')
            continue;
        if ((unsigned char)text[i] < ' ' || text[i] == '\\')
            break;
        out[n++] = text[i];
    }
    out[n] = '\0';
}

void release_parse(const char *text, size_t len, struct release *r)
{
    const struct {
        const char *key;
        char *out;
        size_t size;
    } fields[] = {{"ID=", r->id, sizeof r->id},
                  {"ID_LIKE=", r->like, sizeof r->like},
                  {"VERSION_CODENAME=", r->codename, sizeof r->codename},
                  {"PRETTY_NAME=", r->name, sizeof r->name}};
    *r = (struct release){0};
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t line = end ? (size_t)(end - text) - at : len - at;
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            size_t key = strlen(fields[i].key);
            if (line >= key && memcmp(text + at, fields[i].key, key) == 0)
                take_value(text + at + key, line - key, fields[i].out, fields[i].size);
        }
        at += line + 1;
    }
    if (r->name[0] == '\0')
        snprintf(r->name, sizeof r->name, "%s", r->id[0] ? r->id : "an unknown distribution");
}

/* Package managers by distribution, and what the packages are called there. */
static const struct manager {
    const char *ids; /* blank before and behind each */
    const char *command;
    const char *packages[5]; /* by enum host_package; NULL: not packaged as far as we know */
} managers[] = {
    {" debian ubuntu ",
     "sudo apt-get install",
     {"cmake", "ninja-build", "qemu-system-riscv", "gcc-riscv64-linux-gnu", "gdb-multiarch"}},
    {" fedora rhel centos ",
     "sudo dnf install",
     {"cmake", "ninja-build", "qemu-system-riscv", "gcc-riscv64-linux-gnu", "gdb"}},
    {" arch ", "sudo pacman -S", {"cmake", "ninja", "qemu-system-riscv", "riscv64-linux-gnu-gcc"}},
    {" alpine ", "sudo apk add", {"cmake", "ninja", "qemu-system-riscv64", NULL}},
    {" suse opensuse opensuse-tumbleweed opensuse-leap ",
     "sudo zypper install",
     {"cmake", "ninja", "qemu-extra", "cross-riscv64-gcc14"}},
};

static bool has_word(const char *words, const char *word, size_t len)
{
    char padded[40];
    if (len == 0 || len + 3 > sizeof padded)
        return false;
    snprintf(padded, sizeof padded, " %.*s ", (int)len, word);
    return strstr(words, padded) != NULL;
}

static const struct manager *find_manager(const struct release *r)
{
    for (size_t i = 0; i < sizeof managers / sizeof managers[0]; i++)
        if (has_word(managers[i].ids, r->id, strlen(r->id)))
            return &managers[i];
    for (const char *word = r->like; *word != '\0';) {
        size_t len = strcspn(word, " ");
        for (size_t i = 0; i < sizeof managers / sizeof managers[0]; i++)
            if (has_word(managers[i].ids, word, len))
                return &managers[i];
        word += len;
        word += strspn(word, " ");
    }
    return NULL;
}

char *release_fix(const struct release *r, enum host_package package)
{
    static const char *const plain[] = {
        "CMake 3.25 or later", "ninja", "qemu-system-riscv64, version 10 or later",
        "gcc for riscv64-linux-gnu", "gdb with support for riscv64"};
    const struct manager *m = find_manager(r);
    if (package == HOST_QEMU && strcmp(r->codename, "bookworm") == 0)
        /* From the mirror that the machine uses already. */
        return xstrdup("echo \"deb $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "
                       "'Codename: bookworm' | sed -n 1p) bookworm-backports main\" | sudo tee "
                       "/etc/apt/sources.list.d/backports.list && sudo apt-get update && sudo "
                       "apt-get install -t bookworm-backports qemu-system-riscv");
    if (m == NULL || m->packages[package] == NULL)
        return xprintf("install %s with the package manager of this system", plain[package]);
    if (package == HOST_QEMU && strcmp(r->id, "debian") != 0)
        return xprintf("%s %s; where that is older than QEMU 10, build QEMU from its source",
                       m->command, m->packages[package]);
    return xprintf("%s %s", m->command, m->packages[package]);
}

/* Is user one of the comma-separated names? */
static bool in_list(const char *list, size_t len, const char *user)
{
    size_t want = strlen(user);
    for (size_t at = 0; at < len;) {
        const char *end = memchr(list + at, ',', len - at);
        size_t n = end ? (size_t)(end - list) - at : len - at;
        if (n == want && memcmp(list + at, user, n) == 0)
            return true;
        at += n + 1;
    }
    return false;
}

bool group_find(const char *text, size_t len, gid_t gid, const char *user, char *name,
                size_t name_size, bool *is_member)
{
    for (size_t at = 0; at < len;) {
        const char *line = text + at;
        const char *newline = memchr(line, '\n', len - at);
        size_t n = newline ? (size_t)(newline - line) : len - at;
        const char *field[4] = {line, NULL, NULL, NULL};
        int fields = 1;
        at += n + 1;
        for (size_t i = 0; i < n && fields < 4; i++)
            if (line[i] == ':')
                field[fields++] = line + i + 1;
        if (fields < 4 || field[2] == field[3] - 1)
            continue;
        char *end;
        char number[16];
        take_value(field[2], (size_t)(field[3] - 1 - field[2]), number, sizeof number);
        unsigned long value = strtoul(number, &end, 10);
        if (*end != '\0' || end == number || value != gid)
            continue;
        take_value(field[0], (size_t)(field[1] - 1 - field[0]), name, name_size);
        *is_member = in_list(field[3], (size_t)(line + n - field[3]), user);
        return true;
    }
    return false;
}

int glibc_needed(const char *bytes, size_t len)
{
    static const char marker[] = "GLIBC_2.";
    size_t marker_len = sizeof marker - 1;
    int highest = -1;
    for (size_t at = 0; at < len;) {
        const char *found = memmem(bytes + at, len - at, marker, marker_len);
        if (found == NULL)
            break;
        at = (size_t)(found - bytes) + marker_len;
        int minor = 0;
        size_t digits = 0;
        while (at < len && digits < 3 && bytes[at] >= '0' && bytes[at] <= '9') {
            minor = minor * 10 + bytes[at++] - '0';
            digits++;
        }
        if (digits > 0 && minor > highest)
            highest = minor;
    }
    return highest;
}
