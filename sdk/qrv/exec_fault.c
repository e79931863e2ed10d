/* SPDX-License-Identifier: Apache-2.0 */
/* qrv exec: what is said when a signal ended the program. */
#include "cmd_exec.h"

#include <stdio.h>
#include <string.h>

void exec_explain(const struct exec *e, uint32_t pid, uint32_t signo, const struct buf *console)
{
    char mark[32];
    fprintf(stderr, "qrv exec: %s: %s (signal %u)\n", e->argv[0], strsignal((int)signo), signo);
    snprintf(mark, sizeof mark, "[%u] thread ", pid);
    const char *at = console->data != NULL ? strstr(console->data, mark) : NULL;
    if (at == NULL)
        return;
    while (at > console->data && at[-1] != '\n')
        at--;
    fprintf(stderr, "qrv exec: %.*s\n", (int)strcspn(at, "\r\n"), at);
}
