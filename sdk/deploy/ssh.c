/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh.h"

#include "../../services/deployd/proto.h"
#include "../common/buf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 32, CHATTER = 65536 };

/* What ssh is started with: words of QRV_SSH, then ours. */
struct command {
    char *words, *host, *port, *argv[WORDS];
};

static void command_free(struct command *c)
{
    free(c->words);
    free(c->host);
    free(c->port);
}

/* How ssh is to treat its terminal, and what it is to run, NULL a login shell.  False: where is no [USER@]HOST[:PORT], or QRV_SSH is too
 * long. A host that begins with - would be an option. */
static bool command_make(struct command *c, const char *where, const char *terminal, const char *run)
{
    const char *given = getenv("QRV_SSH");
    const char *at = strrchr(where, '@'), *host = at != NULL ? at + 1 : where;
    const char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    const char *end = bracket != NULL ? bracket : host + strcspn(host, ":");
    const char *colon = strchr(end, ':');
    char *rest = NULL;
    long port = colon != NULL ? strtol(colon + 1, &rest, 10) : 22;
    size_t n = 0;
    host += bracket != NULL;
    if (end == host || host[0] == '-' || where[0] == '-' || at == where || port < 1 || port > 65535 ||
        (rest != NULL && (*rest != '\0' || rest == colon + 1)) || (bracket != NULL && bracket[1] != '\0' && colon != bracket + 1))
        return false;
    c->words = xstrdup(given != NULL && *given != '\0' ? given : "ssh");
    for (char *save, *word = strtok_r(c->words, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (n == WORDS - 8)
            return false;
        c->argv[n++] = word;
    }
    c->host = xprintf("%.*s%.*s", at != NULL ? (int)(at - where + 1) : 5, at != NULL ? where : "root@", (int)(end - host), host);
    c->port = colon != NULL ? xstrdup(colon + 1) : NULL;
    c->argv[n++] = (char *)terminal;
    if (c->port != NULL) {
        c->argv[n++] = "-p";
        c->argv[n++] = c->port;
    }
    c->argv[n++] = "--";
    c->argv[n++] = c->host;
    c->argv[n++] = (char *)run;
    c->argv[n] = NULL;
    return n > 0;
}

static char *not_understood(const char *where)
{
    return xprintf("ssh:%s: ssh:[USER@]HOST[:PORT] is needed", where);
}

/* ssh is nobody's child: the verb that uses it need not know of it. */
static void start(const struct command *c, int end, int errors)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (fork() != 0)
            _exit(0);
        dup2(end, STDIN_FILENO);
        dup2(end, STDOUT_FILENO);
        if (errors >= 0)
            dup2(errors, STDERR_FILENO);
        execvp(c->argv[0], c->argv);
        dprintf(STDERR_FILENO, "%s: %s\n", c->argv[0], strerror(errno));
        _exit(127);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

/* Skips what a start-up file of the target prints; false: the connection ended before deployd spoke. */
static bool is_greeted(int fd)
{
    static const char greeting[] = DEPLOY_GREETING;
    size_t have = 0;
    char c;
    for (unsigned n = 0; n < CHATTER && read(fd, &c, 1) == 1; n++) {
        have = c == greeting[have] ? have + 1 : c == greeting[0] ? 1 : 0;
        if (have == sizeof greeting - 1)
            return true;
    }
    return false;
}

/* The last line that ssh said. */
static char *last_words(int errors)
{
    char text[1024];
    ssize_t n = pread(errors, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    size_t len = strlen(text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    const char *line = strrchr(text, '\n');
    return xstrdup(line != NULL ? line + 1 : text);
}

/* errors: where ssh's standard error goes, -1: to ours. */
static int connect_service(const char *where, const char *service, int errors, char **why)
{
    struct command c = {0};
    int ends[2] = {-1, -1};
    if (!command_make(&c, where, "-T", service))
        *why = not_understood(where);
    else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        *why = xprintf("ssh:%s: %s", where, strerror(errno));
    else {
        start(&c, ends[1], errors);
        close(ends[1]);
    }
    command_free(&c);
    return ends[0];
}

int ssh_connect_deploy(const char *where, char **why)
{
    int errors = memfd_create("ssh", MFD_CLOEXEC);
    int fd = connect_service(where, "exec deployd -s", errors, why);
    if (fd >= 0 && !is_greeted(fd)) {
        char *words = errors >= 0 ? last_words(errors) : xstrdup("");
        *why = xprintf("ssh:%s: %s", where, *words != '\0' ? words : "no deployd answers there");
        free(words);
        close(fd);
        fd = -1;
    }
    if (errors >= 0)
        close(errors);
    return fd;
}

int ssh_connect_debug(const char *where, char **why)
{
    return connect_service(where, "exec qdebug -", -1, why);
}

char *ssh_terminal(const char *where)
{
    struct command c = {0};
    if (!command_make(&c, where, "-t", NULL)) {
        command_free(&c);
        return not_understood(where);
    }
    execvp(c.argv[0], c.argv);
    char *why = xprintf("%s: %s", c.argv[0], strerror(errno));
    command_free(&c);
    return why;
}
