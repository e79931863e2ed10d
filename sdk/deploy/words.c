/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "../../services/mux/frame.h"

#include <string.h>

enum { TEXT_MAX = 65536 };

static const char first_words[] = "KERNEL PANIC on hart ";

static bool is_text(uint8_t c)
{
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t' || c == 0x1b;
}

/* A panic's report begins a line; all that follows belongs to it. */
static void watch_lines(struct words *w, char c)
{
    if (w->panic.len > 0) {
        if (w->panic.len < TEXT_MAX && c != '\r')
            buf_append(&w->panic, &c, 1);
    } else if (c == '\n') {
        w->line[w->line_n] = '\0';
        const char *at = strstr(w->line, first_words);
        if (at != NULL)
            buf_printf(&w->panic, "%s\n", at);
        w->line_n = 0;
    } else if (c != '\0' && c != '\r' && w->line_n < WORDS_LINE - 1)
        w->line[w->line_n++] = c;
}

static unsigned keep(struct words *w, const uint8_t *bytes, unsigned n)
{
    if (w->text.len + n > TEXT_MAX) {
        memmove(w->text.data, w->text.data + TEXT_MAX / 2, w->text.len - TEXT_MAX / 2);
        w->text.len -= TEXT_MAX / 2;
    }
    buf_append(&w->text, bytes, n);
    for (unsigned i = 0; i < n; i++)
        watch_lines(w, (char)bytes[i]);
    return n;
}

unsigned words_take(struct words *w, uint8_t byte, bool junk)
{
    if (junk && !is_text(byte)) {
        w->run_n = 0;
        return 0;
    }
    if (junk && w->run_n < WORDS_RUN) {
        w->run[w->run_n++] = byte;
        return w->run_n == WORDS_RUN ? keep(w, w->run, WORDS_RUN) : 0;
    }
    if (!junk)
        w->run_n = 0;
    return keep(w, &byte, 1);
}

void words_take_line(struct words *w, const uint8_t *bytes, size_t n)
{
    static struct frame_parser p;
    memset(&p, 0, sizeof p);
    for (size_t i = 0; i < n; i++) {
        enum frame_result r = frame_take(&p, bytes[i]);
        if (r == FRAME_PLAIN || r == FRAME_JUNK)
            words_take(w, bytes[i], r == FRAME_JUNK);
        for (size_t k = 0; r == FRAME_BAD && k < p.wire_n; k++)
            words_take(w, p.wire[k], true);
    }
    bool cut = frame_idle(&p);
    for (size_t k = 0; cut && k < p.wire_n; k++)
        words_take(w, p.wire[k], true);
}

void words_free(struct words *w)
{
    buf_free(&w->text);
    buf_free(&w->panic);
}
