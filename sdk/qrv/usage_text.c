/* SPDX-License-Identifier: Apache-2.0 */
#include "usage_text.h"

#include <stdbool.h>
#include <string.h>

/* Is this line the directive, with any blanks around its words? */
static bool is_directive(const char *line, size_t len, const char *directive, const char *argument)
{
    size_t at = 0;
    const char *words[] = {"#", directive, argument};
    for (int i = 0; i < 3 && words[i] != NULL; i++) {
        while (at < len && (line[at] == ' ' || line[at] == '\t'))
            at++;
        size_t n = strlen(words[i]);
        if (len - at < n || memcmp(line + at, words[i], n) != 0)
            return false;
        at += n;
        if (i > 0 && at < len && strchr(" \t\r\n/", line[at]) == NULL)
            return false;
    }
    return true;
}

int usage_extract(const char *text, size_t len, const char **message, size_t *message_len)
{
    bool inside = false;
    *message = text;
    *message_len = len;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t next = end ? (size_t)(end - text) + 1 : len;
        if (!inside && is_directive(text + at, next - at, "ifdef", "__USAGE")) {
            inside = true;
            *message = text + next;
        } else if (inside && is_directive(text + at, next - at, "endif", NULL)) {
            *message_len = (size_t)(text + at - *message);
            return 0;
        }
        at = next;
    }
    return inside ? -1 : 0;
}
