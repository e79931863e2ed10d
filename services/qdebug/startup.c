/* SPDX-License-Identifier: Apache-2.0 */
#include "startup.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLES_MAX 512

extern char **environ;

static size_t count(char *const *list)
{
    size_t n = 0;
    while (list[n] != NULL)
        n++;
    return n;
}

void startup_reset_environment(struct startup *s)
{
    for (size_t i = 0; s->environment != NULL && s->environment[i] != NULL; i++)
        free(s->environment[i]);
    free(s->environment);
    s->environment = NULL;
}

static int copy_environment(struct startup *s)
{
    size_t n = count(environ);
    if (s->environment != NULL)
        return EOK;
    if (n > VARIABLES_MAX)
        return E2BIG;
    s->environment = calloc(VARIABLES_MAX + 1, sizeof *s->environment);
    for (size_t i = 0; s->environment != NULL && i < n; i++)
        if ((s->environment[i] = strdup(environ[i])) == NULL)
            startup_reset_environment(s);
    return s->environment != NULL ? EOK : ENOMEM;
}

/* The place of name, or of the end. */
static char **find(struct startup *s, const char *name, size_t bytes)
{
    char **at = s->environment;
    while (*at != NULL && (strncmp(*at, name, bytes) != 0 || (*at)[bytes] != '='))
        at++;
    return at;
}

int startup_set(struct startup *s, const char *assignment)
{
    size_t bytes = strcspn(assignment, "=");
    if (bytes == 0 || assignment[bytes] == '\0')
        return EINVAL;
    int error = copy_environment(s);
    if (error != EOK)
        return error;
    char **at = find(s, assignment, bytes), *text = strdup(assignment);
    if (text == NULL || at == s->environment + VARIABLES_MAX) {
        free(text);
        return ENOMEM;
    }
    free(*at);
    *at = text;
    return EOK;
}

int startup_unset(struct startup *s, const char *name)
{
    int error = copy_environment(s);
    if (error != EOK)
        return error;
    char **at = find(s, name, strlen(name)), **last = s->environment + count(s->environment);
    if (*at == NULL)
        return EOK;
    free(*at);
    *at = last[-1];
    last[-1] = NULL;
    return EOK;
}

int startup_directory(struct startup *s, const char *path)
{
    char *copy = path[0] != '\0' ? strdup(path) : NULL;
    if (path[0] != '\0' && copy == NULL)
        return ENOMEM;
    free(s->directory);
    s->directory = copy;
    return EOK;
}

void startup_end(struct startup *s)
{
    startup_reset_environment(s);
    startup_directory(s, "");
}

int startup_spawn(const struct startup *s, char *const argv[], pid_t *pid)
{
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes); /* the process group is a new one */
    posix_spawnattr_setxflags(&attributes, POSIX_SPAWN_HOLD | POSIX_SPAWN_NOZOMBIE | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setaslr(&attributes, s->is_fixed ? POSIX_SPAWN_ASLR_DISABLE : POSIX_SPAWN_ASLR_DEFAULT);
    int here = -1;
    if (s->directory != NULL) {
        here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (here == -1 || chdir(s->directory) == -1) {
            int error = errno;
            close(here);
            return error;
        }
    }
    int error = posix_spawnp(pid, argv[0], NULL, &attributes, argv, s->environment != NULL ? s->environment : environ);
    if (here != -1) {
        if (fchdir(here) == -1 && chdir("/") == -1)
            error = errno;
        close(here);
    }
    return error;
}
