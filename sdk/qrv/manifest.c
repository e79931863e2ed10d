/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and checks a MANIFEST: text only, no file is touched. manifest_compare.c looks at files. */
#include "manifest.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 8, SHA_DIGITS = 64, SIZE_DIGITS = 15, MODE_DIGITS = 4 };

static const char lower_hex[] = "0123456789abcdef";

/* Digits of the given set only, from one to max of them. */
static bool all_of(const char *text, const char *set, size_t max)
{
    size_t len = strlen(text);
    return len > 0 && len <= max && strspn(text, set) == len;
}

/* Relative, no empty part, no "." or "..", no control character: it cannot lead outside, and a line
 * of a report is a line. */
static bool path_is_safe(const char *path)
{
    for (const char *part = path;; part++) {
        size_t len = strcspn(part, "/");
        if (len == 0 || (part[0] == '.' && (len == 1 || (len == 2 && part[1] == '.'))))
            return false;
        for (size_t i = 0; i < len; i++)
            if ((unsigned char)part[i] < ' ' || part[i] == 0x7f || part[i] == '\\')
                return false;
        part += len;
        if (*part == '\0')
            return true;
    }
}

static const char *parse_entry(char *line, struct manifest_entry *e)
{
    char *field[FIELDS];
    size_t n = 0;
    for (char *at = line; at != NULL && n < FIELDS; n++) {
        field[n] = at;
        at = n + 1 < FIELDS ? strchr(at, '\t') : NULL;
        if (at != NULL)
            *at++ = '\0';
    }
    if (n != FIELDS)
        return "eight fields are needed";
    bool file = strcmp(field[0], "f") == 0;
    if (!file && strcmp(field[0], "l") != 0)
        return "the type is neither f nor l";
    for (size_t i = 0; i < FIELDS; i++)
        if (field[i][0] == '\0')
            return "a field is empty";
    if (!all_of(field[1], "01234567", MODE_DIGITS))
        return "the mode is not octal";
    if (file && !all_of(field[2], "0123456789", SIZE_DIGITS))
        return "the size is no number";
    if (file && (strlen(field[3]) != SHA_DIGITS || !all_of(field[3], lower_hex, SHA_DIGITS)))
        return "the SHA-256 is not 64 digits";
    if (!path_is_safe(field[7]))
        return "the path may lead outside the SDK";
    *e = (struct manifest_entry){
        .type = field[0][0],
        .mode = (unsigned)strtoul(field[1], NULL, 8),
        .size = file ? strtoull(field[2], NULL, 10) : 0,
        .sha256 = file ? field[3] : NULL,
        .target = file ? NULL : field[4],
        .licence = field[5],
        .origin = field[6],
        .path = field[7],
    };
    return NULL;
}

static const char *parse_line(struct manifest *m, char *line, size_t number)
{
    if (number == 1)
        return strcmp(line, "#qrv-manifest\t2") == 0 ? NULL : "it does not begin like one";
    if (line[0] == '#') {
        char *value = strchr(line, '\t');
        if (value == NULL)
            return "a header without a value";
        *value = '\0';
        m->headers = xrealloc(m->headers, (m->header_count + 1) * sizeof *m->headers);
        m->headers[m->header_count++] = line + 1;
        return NULL;
    }
    if ((m->count & (m->count - 1)) == 0) /* full at each power of two */
        m->entries = xrealloc(m->entries, (m->count ? 2 * m->count : 1) * sizeof *m->entries);
    const char *error = parse_entry(line, &m->entries[m->count]);
    if (error != NULL)
        return error;
    if (m->count > 0 && strcmp(m->entries[m->count - 1].path, m->entries[m->count].path) >= 0)
        return "the paths are not in order";
    m->count++;
    return NULL;
}

const char *manifest_parse(struct manifest *m, const char *bytes, size_t len, size_t *line)
{
    *m = (struct manifest){.text = xstrndup(bytes, len)};
    *line = 1;
    if (strlen(m->text) != len)
        return "it has a NUL byte in it";
    if (len == 0 || bytes[len - 1] != '\n')
        return "its last line is cut off";
    for (char *at = m->text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, ++*line) {
        *end = '\0';
        const char *error = parse_line(m, at, *line);
        if (error != NULL)
            return error;
    }
    return m->count > 0 ? NULL : "it lists nothing";
}

const char *manifest_header(const struct manifest *m, const char *key)
{
    for (size_t i = 0; i < m->header_count; i++)
        if (strcmp(m->headers[i], key) == 0)
            return m->headers[i] + strlen(key) + 1;
    return NULL;
}

void manifest_free(struct manifest *m)
{
    free(m->entries);
    free(m->headers);
    free(m->text);
    *m = (struct manifest){0};
}
