/* SPDX-License-Identifier: Apache-2.0 */
#include "processes.h"

#include <stdlib.h>
#include <string.h>

/* Behind the first occurrence of what in [at, end); NULL: it is not there. */
static const char *behind(const char *at, const char *end, const char *what)
{
    const char *found = memmem(at, (size_t)(end - at), what, strlen(what));
    return found != NULL ? found + strlen(what) : NULL;
}

/* One character, or one written as &#N; or &name;. Returns the bytes that it took. */
static size_t one_character(const char *at, const char *end, char *c)
{
    static const struct {
        const char *name;
        char c;
    } table[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    size_t left = (size_t)(end - at);
    *c = *at;
    if (*at != '&')
        return 1;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t n = strlen(table[i].name);
        if (left >= n && memcmp(at, table[i].name, n) == 0) {
            *c = table[i].c;
            return n;
        }
    }
    const char *semicolon = memchr(at, ';', left < 8 ? left : 8);
    if (left < 4 || at[1] != '#' || semicolon == NULL)
        return 1;
    long value = 0;
    for (const char *digit = at + 2; digit < semicolon; digit++) {
        if (*digit < '0' || *digit > '9')
            return 1;
        value = value * 10 + (*digit - '0');
    }
    *c = value > 0 && value < 127 ? (char)value : '?';
    return (size_t)(semicolon - at) + 1;
}

/* The text of a column of the item, unescaped. */
static bool column(const char *item, const char *end, const char *tag, char *to, size_t room)
{
    const char *at = behind(item, end, tag);
    const char *stop = at != NULL ? memchr(at, '<', (size_t)(end - at)) : NULL;
    size_t n = 0;
    if (stop == NULL)
        return false;
    while (at < stop && n + 1 < room)
        at += one_character(at, stop, &to[n++]);
    to[n] = '\0';
    return true;
}

bool process_next(const char *text, size_t len, size_t *at, struct process *p)
{
    const char *end = text + len;
    for (;;) {
        char number[16];
        const char *item = behind(text + *at, end, "<item>");
        const char *stop = item != NULL ? behind(item, end, "</item>") : NULL;
        if (stop == NULL)
            return false;
        *at = (size_t)(stop - text);
        if (!column(item, stop, "name=\"pid\">", number, sizeof number))
            continue;
        p->pid = strtol(number, NULL, 10);
        if (p->pid > 0 && column(item, stop, "name=\"command\">", p->command, sizeof p->command))
            return true;
    }
}

bool process_is_called(const struct process *p, const char *name)
{
    size_t n = strcspn(p->command, " ");
    const char *base = p->command;
    for (size_t i = 0; i < n && strchr(name, '/') == NULL; i++)
        if (p->command[i] == '/')
            base = p->command + i + 1;
    n -= (size_t)(base - p->command);
    if (n > 0 && base[0] == '-') { /* a login shell */
        base++;
        n--;
    }
    return n > 0 && strlen(name) == n && memcmp(base, name, n) == 0;
}
