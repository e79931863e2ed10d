/* SPDX-License-Identifier: Apache-2.0 */
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_MS = 500, EVERY_MS = 100, BAR_WIDTH = 30 };

static bool is_rich(FILE *stream)
{
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

const char *term_style(FILE *stream, enum term_style style)
{
    static const char *const sequences[] = {"\033[0m", "\033[32m", "\033[31;1m", "\033[33m",
                                            "\033[1m"};
    const char *no_color = getenv("NO_COLOR");
    if ((no_color != NULL && *no_color != '\0') || !is_rich(stream))
        return "";
    return sequences[style];
}

static long long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *what, uint64_t total)
{
    *p = (struct progress){.what = what, .total = total, .start_ms = now_ms()};
    p->next_ms = is_rich(stderr) ? p->start_ms + FIRST_MS : INT64_MAX;
}

void progress_at(struct progress *p, uint64_t done)
{
    static const char full[] = "##############################";
    long long now;
    if (p->next_ms == INT64_MAX || (now = now_ms()) < p->next_ms)
        return;
    if (p->total > 0) {
        uint64_t part = done < p->total ? done : p->total;
        int width = (int)((double)part * BAR_WIDTH / (double)p->total);
        fprintf(stderr, "\r%s [%.*s%*s] %3d%%", p->what, width, full, BAR_WIDTH - width, "",
                (int)((double)part * 100 / (double)p->total));
    } else
        fprintf(stderr, "\r%s: %llu", p->what, (unsigned long long)done);
    fflush(stderr);
    p->shown = true;
    p->next_ms = now + EVERY_MS;
}

void progress_end(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
    p->next_ms = INT64_MAX;
}
