/* SPDX-License-Identifier: Apache-2.0 */
/* Text on a line with frames: a kernel that panics writes wherever a frame has just been. */
#include "deploy/words.h"

#include "../../../services/mux/frame.h"
#include "common/check.h"

#include <stdlib.h>
#include <string.h>

static const char report[] = "KERNEL PANIC on hart 0: it broke\n"
                             "pc  ffffffff80021faa  ra  ffffffff80021fa4\n"
                             "backtrace: 0xffffffff80021faa 0xffffffff80021fd6\n"
                             "    inner+0x1a\n"
                             "hart 0: no thread\n";

static uint32_t state = 7;

static uint8_t pick(void)
{
    state = state * 1664525u + 1013904223u;
    return (uint8_t)(state >> 16);
}

/* A frame of random bytes, or of text; how many bytes it takes on the line. */
static size_t make(uint8_t *wire, unsigned bytes, bool text)
{
    static struct frame f;
    f = (struct frame){.type = FRAME_DATA, .channel = 1, .bytes = (uint16_t)bytes};
    for (unsigned i = 0; i < bytes; i++)
        f.data[i] = text ? (uint8_t)(' ' + pick() % 90) : pick();
    return frame_encode(&f, wire);
}

/* A good frame, one that is cut after `cut` bytes, and the report as the kernel writes it. */
static bool report_behind(unsigned bytes, size_t cut, bool text)
{
    static uint8_t line[3 * FRAME_WIRE_MAX];
    struct words w = {0};
    size_t n = make(line, 20, text);
    size_t m = make(line + n, bytes, text);
    n += cut < m ? cut : m;
    line[n++] = '\r';
    line[n++] = '\n';
    for (const char *c = report; *c != '\0'; c++) {
        if (*c == '\n')
            line[n++] = '\r';
        line[n++] = (uint8_t)*c;
    }
    words_take_line(&w, line, n);
    bool good = w.panic.len == sizeof report - 1 && memcmp(w.panic.data, report, w.panic.len) == 0;
    words_free(&w);
    return good;
}

static void test_report(void)
{
    bool good = true;
    for (size_t cut = 0; good && cut <= 1040; cut++)
        good = report_behind(FRAME_DATA_MAX, cut, cut % 2) && report_behind((unsigned)cut % 64, cut % 70, cut % 3);
    CHECK(good, "a panic's report is whole, wherever the frame before it was cut");
}

static void test_in_the_middle(void)
{
    static const char said[] = "\nhello crashed: SIGSEGV\n";
    static uint8_t line[2 * FRAME_WIRE_MAX];
    unsigned lost = 0;
    for (int round = 0; round < 500; round++) {
        struct words w = {0};
        size_t n = make(line, 300, round % 2);
        size_t at = 1 + (pick() | (unsigned)pick() << 8) % (n - 1);
        memmove(line + at + sizeof said - 1, line + at, n - at);
        memcpy(line + at, said, sizeof said - 1);
        words_take_line(&w, line, n + sizeof said - 1);
        lost += w.text.len == 0 || strstr(w.text.data, said) == NULL;
        lost += w.text.len > sizeof said + 20;
        words_free(&w);
    }
    CHECK(lost == 0, "text in the middle of a frame comes through, and little else of the frame");
}

static void test_limits(void)
{
    struct words w = {0};
    for (int i = 0; i < 300000; i++)
        words_take(&w, i % 1000 == 0 ? '\n' : 'a', i % 3 == 0);
    CHECK(w.text.len <= 65536 && w.panic.len == 0, "a line without end, a text without end");
    for (const char *c = "\nKERNEL PANIC on hart 1: x\n"; *c != '\0'; c++)
        words_take(&w, (uint8_t)*c, false);
    for (int i = 0; i < 300000; i++)
        words_take(&w, 'b', false);
    CHECK(w.panic.len > 1000 && w.panic.len <= 65536, "a report without end");
    words_free(&w);
    for (int i = 0; i < 300000; i++)
        words_take(&w, pick(), true);
    CHECK(w.text.len < 300, "of random bytes next to nothing is taken for text");
    words_free(&w);
}

int main(void)
{
    test_report();
    test_in_the_middle();
    test_limits();
    return check_done();
}
