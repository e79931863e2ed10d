/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes JSON text. The writer keeps track of nesting and commas; the caller names what comes next.
 * key is NULL inside arrays and at the top, and must be given inside objects. Objects in an array
 * begin a line of their own, so that line tools have something to hold on to.
 *
 *     struct json j = {0};
 *     json_object(&j, NULL);
 *     json_string(&j, "name", name);
 *     json_array(&j, "files");
 *     json_string(&j, NULL, file);
 *     json_end(&j);
 *     json_end(&j);
 *     json_print(&j);
 *
 * Strings are escaped; bytes that are not UTF-8 become U+FFFD, so the result always parses.
 */
#pragma once

#include "buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH = 16 };

struct json {
    struct buf out;
    unsigned depth;
    char close[JSON_DEPTH]; /* what ends each open level */
    bool some[JSON_DEPTH];  /* it has a member already */
    bool lines[JSON_DEPTH]; /* its members stand on lines of their own */
};

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j); /* of the innermost object or array */
void json_string(struct json *j, const char *key, const char *text); /* NULL gives null */
void json_text(struct json *j, const char *key, const char *bytes, size_t len);
void json_number(struct json *j, const char *key, int64_t number);
void json_bool(struct json *j, const char *key, bool value);

/* Writes it to standard output with a newline and frees it. All levels must have been ended. */
void json_print(struct json *j);
