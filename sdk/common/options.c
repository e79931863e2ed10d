/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "buf.h"
#include "nearest.h"
#include "sdk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void list_add(const char ***list, const char *value)
{
    size_t n = 0;
    while (*list != NULL && (*list)[n] != NULL)
        n++;
    *list = xrealloc(*list, (n + 2) * sizeof **list);
    (*list)[n] = value;
    (*list)[n + 1] = NULL;
}

static const struct option_spec *find(const struct option_spec *specs, const char *arg,
                                      const char **inline_value)
{
    size_t len = strcspn(arg, "=");
    *inline_value = arg[len] == '=' ? arg + len + 1 : NULL;
    for (; specs->name != NULL; specs++)
        if (strlen(specs->name) == len && strncmp(specs->name, arg, len) == 0)
            return specs;
    return NULL;
}

static void list_options(const struct option_spec *specs)
{
    for (; specs->name != NULL; specs++)
        puts(specs->name);
    exit(EXIT_OK);
}

static void complain_unknown(const struct option_spec *specs, const char *arg)
{
    char *typed = xstrndup(arg, strcspn(arg, "="));
    struct nearest nearest = {.typed = typed};
    for (; specs->name != NULL; specs++)
        if (strncmp(specs->name, "--", 2) == 0)
            nearest_offer(&nearest, specs->name);
    if (nearest.best != NULL)
        complain(0, "unknown option %s; did you mean %s?", typed, nearest.best);
    else
        complain(0, "unknown option %s; --help lists them", typed);
    free(typed);
}

int options_parse(int argc, char **argv, const struct option_spec *specs, int *rest)
{
    int operands = 0;
    int i = 1;
    if (rest != NULL)
        *rest = argc;
    if (argc == 2 && strcmp(argv[1], "--list-options") == 0)
        list_options(specs);
    for (; i < argc; i++) {
        const char *value;
        if (strcmp(argv[i], "--") == 0) {
            if (rest != NULL)
                *rest = i + 1;
            else
                while (++i < argc)
                    argv[1 + operands++] = argv[i];
            return operands;
        }
        if (argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[1 + operands++] = argv[i];
            continue;
        }
        const struct option_spec *spec = find(specs, argv[i], &value);
        if (spec == NULL) {
            complain_unknown(specs, argv[i]);
            return -1;
        }
        if (spec->flag != NULL && value != NULL) {
            complain(0, "option %s takes no value", spec->name);
            return -1;
        }
        if (spec->flag != NULL) {
            *spec->flag = true;
            continue;
        }
        if (value == NULL && i + 1 >= argc) {
            complain(0, "option %s needs a value", spec->name);
            return -1;
        }
        value = value != NULL ? value : argv[++i];
        if (spec->value != NULL)
            *spec->value = value;
        else
            list_add(spec->list, value);
    }
    return operands;
}

bool option_number(const char *name, const char *text, long min, long max, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || *out < min || *out > max) {
        complain(0, "%s %s: a number from %ld to %ld is needed", name, text, min, max);
        return false;
    }
    return true;
}
