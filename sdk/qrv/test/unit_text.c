/* SPDX-License-Identifier: Apache-2.0 */
/* Unit tests of what qrv says and understands: JSON, options, suggestions, progress. */
#include "common/buf.h"
#include "common/check.h"
#include "common/json.h"
#include "common/nearest.h"
#include "common/options.h"
#include "common/sdk.h"
#include "common/term.h"
#include "debug/processes.h"
#include "qrv/host.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *text;
    const char *json;
    const char *what;
} strings[] = {
    {"", "\"\"", "nothing"},
    {"a b/c", "\"a b/c\"", "plain text"},
    {"\"\\", "\"\\\"\\\\\"", "quote and backslash"},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", "controls with a name"},
    {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"", "controls without"},
    {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"",
     "UTF-8 of two, three and four bytes"},
    {"\xff", "\"\xef\xbf\xbd\"", "a byte that no UTF-8 has"},
    {"x\xe2\x82", "\"x\xef\xbf\xbd\xef\xbf\xbd\"", "a sequence cut off"},
    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "an overlong form"},
    {"\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", "an overlong form of three bytes"},
    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", "a surrogate"},
    {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
     "a number above U+10FFFF"},
    {"\xf5\x80\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
     "a number far above"},
};

static void test_json_strings(void)
{
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        struct buf b = {0};
        char *what = xprintf("JSON string: %s", strings[i].what);
        buf_json(&b, strings[i].text);
        CHECK(strcmp(b.data, strings[i].json) == 0, what);
        free(what);
        buf_free(&b);
    }
}

static void test_json_nesting(void)
{
    struct json j = {0};
    json_object(&j, NULL);
    json_string(&j, "na\"me", "x");
    json_string(&j, "none", NULL);
    json_array(&j, "words");
    json_string(&j, NULL, "a");
    json_string(&j, NULL, "b");
    json_end(&j);
    json_array(&j, "files");
    for (int i = 0; i < 2; i++) {
        json_object(&j, NULL);
        json_number(&j, "n", i ? INT64_MIN : INT64_MAX);
        json_bool(&j, "last", i);
        json_end(&j);
    }
    json_end(&j);
    json_array(&j, "empty");
    json_end(&j);
    json_text(&j, "raw", "a\0b", 3);
    json_end(&j);
    CHECK(strcmp(j.out.data,
                 "{\"na\\\"me\": \"x\", \"none\": null, \"words\": [\"a\", \"b\"], \"files\": [\n"
                 "  {\"n\": 9223372036854775807, \"last\": false},\n"
                 "  {\"n\": -9223372036854775808, \"last\": true}\n"
                 " ], \"empty\": [], \"raw\": \"a\\u0000b\"}") == 0,
          "JSON: objects, arrays, commas, lines");
    CHECK(j.depth == 0, "JSON: all levels are closed");
    buf_free(&j.out);
}

static const struct {
    const char *typed;
    const char *meant; /* NULL: no suggestion */
} typos[] = {
    {"rnu", "run"},
    {"runn", "run"},
    {"docter", "doctor"},
    {"vrsion", "version"},
    {"ver", "verify"},
    {"iamge", "image"},
    {"--josn", NULL},
    {"frobnicate", NULL},
    {"x", NULL},
    {"", NULL},
    {"doc", "doctor"},
    {"DOCTOR", NULL},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
};

static void test_nearest(void)
{
    static const char *const words[] = {"new", "run", "image", "doctor", "verify", "version"};
    for (size_t i = 0; i < sizeof typos / sizeof typos[0]; i++) {
        struct nearest n = {.typed = typos[i].typed};
        char *what = xprintf("suggestion for '%.20s'", typos[i].typed);
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
            nearest_offer(&n, words[w]);
        CHECK(typos[i].meant == NULL ? n.best == NULL
                                     : n.best != NULL && strcmp(n.best, typos[i].meant) == 0,
              what);
        free(what);
    }
}

/* One line for the options below: what was understood, or "error". */
static char *parse(int argc, const char **argv)
{
    bool flag = false;
    const char *value = "-";
    const char **list = NULL;
    int rest = 0;
    const struct option_spec specs[] = {
        {"--flag", .flag = &flag}, {"--value", .value = &value}, {"-I", .list = &list}, {NULL}};
    int n = options_parse(argc, (char **)argv, specs, &rest);
    char *text = n < 0 ? xstrdup("error")
                       : xprintf("%d operands, flag %d, value %s, list %s%s, rest %d", n, flag,
                                 value, list ? list[0] : "-", list && list[1] ? list[1] : "", rest);
    free(list);
    return text;
}

static const struct {
    const char *words[6];
    const char *want;
} lines[] = {
    {{"v"}, "0 operands, flag 0, value -, list -, rest 1"},
    {{"v", "a", "--flag", "b"}, "2 operands, flag 1, value -, list -, rest 4"},
    {{"v", "--value", "x"}, "0 operands, flag 0, value x, list -, rest 3"},
    {{"v", "--value=x=y", "--value="}, "0 operands, flag 0, value , list -, rest 3"},
    {{"v", "-I", "p", "-I", "q"}, "0 operands, flag 0, value -, list pq, rest 5"},
    {{"v", "--flag", "--", "--flag"}, "0 operands, flag 1, value -, list -, rest 3"},
    {{"v", "-"}, "1 operands, flag 0, value -, list -, rest 2"},
    {{"v", "--flag=1"}, "error"},
    {{"v", "--value"}, "error"},
    {{"v", "--valu"}, "error"},
    {{"v", "-x"}, "error"},
};

static void test_options(void)
{
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *words[6];
        int n = 0;
        memcpy(words, lines[i].words, sizeof words);
        while (n < 6 && words[n] != NULL)
            n++;
        char *got = parse(n, words);
        char *what = xprintf("options: %s", lines[i].want);
        CHECK(strcmp(got, lines[i].want) == 0, what);
        free(what);
        free(got);
    }
}

/* Standard output is a pipe or file here, and standard error is made one: nothing may be drawn. */
static void test_no_terminal(void)
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    struct progress p;
    setenv("TERM", "xterm", 1);
    dup2(fileno(file), STDERR_FILENO);
    progress_begin(&p, "work", 10);
    p.next_ms = p.next_ms < 1000000000000 ? 0 : p.next_ms;
    progress_at(&p, 5);
    progress_end(&p);
    dup2(saved, STDERR_FILENO);
    close(saved);
    CHECK(lseek(fileno(file), 0, SEEK_END) == 0, "no progress bar in a file");
    CHECK(term_style(file, TERM_BAD)[0] == '\0', "no colour in a file");
    fclose(file);
}

#define HOUR_MS 3600000

/* The other way round: standard error is a terminal. */
static void test_terminal(void)
{
    char drawn[200] = "";
    struct progress p;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int slave = -1;
    if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
        slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    CHECK(slave >= 0, "a pseudo terminal");
    int saved = dup(STDERR_FILENO);
    dup2(slave, STDERR_FILENO);
    setenv("TERM", "xterm", 1);
    progress_begin(&p, "work", 10);
    p.next_ms += HOUR_MS; /* however slow the machine is */
    progress_at(&p, 4);   /* too early */
    p.next_ms = 0;
    progress_at(&p, 5);
    p.next_ms += HOUR_MS;
    progress_at(&p, 6); /* too soon after that */
    progress_end(&p);
    setenv("TERM", "dumb", 1);
    progress_begin(&p, "more", 10);
    p.next_ms = p.next_ms == INT64_MAX ? p.next_ms : 0;
    progress_at(&p, 5);
    progress_end(&p);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = slave >= 0 ? read(master, drawn, sizeof drawn - 1) : 0;
    CHECK(n > 0 && strcmp(drawn, "\rwork [###############               ]  50%\r\033[K") == 0,
          "a bar on a terminal, wiped at the end; none on a dumb one");
    close(slave);
    close(master);
}

static const struct {
    const char *os_release;
    enum host_package package;
    const char *fix; /* how the fix begins */
} machines[] = {
    {"ID=debian\nVERSION_CODENAME=bookworm\n", HOST_QEMU,
     "echo \"deb $(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm'"},
    {"ID=debian\nVERSION_CODENAME=trixie\n", HOST_QEMU, "sudo apt-get install qemu-system-riscv"},
    {"ID=debian\nVERSION_CODENAME=bookworm\n", HOST_CMAKE, "sudo apt-get install cmake"},
    {"NAME=\"x\"\nID='ubuntu'\nID_LIKE=debian", HOST_QEMU,
     "sudo apt-get install qemu-system-riscv; where that is older than QEMU 10"},
    {"ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", HOST_NINJA, "sudo apt-get install ninja-build"},
    {"ID=fedora\n", HOST_NINJA, "sudo dnf install ninja-build"},
    {"ID=alpine\n", HOST_CROSS_GCC, "install gcc for riscv64-linux-gnu"},
    {"ID=plan9\n", HOST_CMAKE, "install CMake 3.25 or later"},
    {"ID=\"\"\nID_LIKE=\"   \"\n", HOST_CMAKE, "install CMake 3.25 or later"},
    {"", HOST_QEMU, "install qemu-system-riscv64, version 10"},
    {"ID=debian;reboot\n", HOST_CMAKE, "install CMake"},
};

static void test_release(void)
{
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        struct release r;
        release_parse(machines[i].os_release, strlen(machines[i].os_release), &r);
        char *fix = release_fix(&r, machines[i].package);
        char *what = xprintf("fix: %s", machines[i].fix);
        CHECK(strncmp(fix, machines[i].fix, strlen(machines[i].fix)) == 0, what);
        free(what);
        free(fix);
    }
    struct release r;
    char *text = xmalloc(5000);
    memset(text, 'x', 5000);
    memcpy(text, "ID=", 3);
    release_parse(text, 5000, &r);
    CHECK(strlen(r.id) == sizeof r.id - 1, "os-release: a value that is too long is cut");
    free(text);
}

static void test_group(void)
{
    static const char text[] = "root:x:0:\nbroken\nbad:x:zz:me\ndialout:x:20:you,me\nlast:x:30:me2";
    char name[8] = "";
    bool member = false;
    CHECK(group_find(text, strlen(text), 20, "me", name, sizeof name, &member) && member &&
              strcmp(name, "dialout") == 0,
          "group: found, and a member");
    CHECK(group_find(text, strlen(text), 30, "me", name, sizeof name, &member) && !member,
          "group: a longer name is somebody else's");
    CHECK(group_find(text, strlen(text), 20, "mex", name, sizeof name, &member) && !member,
          "group: a shorter name is somebody else's");
    CHECK(group_find(text, strlen(text), 0, "", name, sizeof name, &member) && !member,
          "group: nobody in it");
    CHECK(!group_find(text, strlen(text), 99, "me", name, sizeof name, &member),
          "group: not there");
}

static void test_glibc(void)
{
    static const char bytes[] = "\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_2.\0GLIBC_PRIVATE";
    CHECK(glibc_needed(bytes, sizeof bytes) == 34, "glibc: the newest counts");
    CHECK(glibc_needed("GLIBC_2.3", 9) == 3, "glibc: at the end of the file");
    CHECK(glibc_needed("nothing", 7) == -1 && glibc_needed("", 0) == -1, "glibc: none");
}

static void test_processes(void)
{
    static const char xml[] = "<osdata type=\"processes\"><item><column name=\"pid\">7</column><column name=\"command\">"
                              "/tmp/my&#38;dev -x &lt;a&gt;</column></item><item><column name=\"pid\">no</column></item>"
                              "<item><column name=\"pid\">9</column><column name=\"command\">-sh</column></item><item>";
    struct process p;
    size_t at = 0;
    CHECK(process_next(xml, strlen(xml), &at, &p) && p.pid == 7 && strcmp(p.command, "/tmp/my&dev -x <a>") == 0,
          "processes: an item, its text unescaped");
    CHECK(process_is_called(&p, "my&dev") && process_is_called(&p, "/tmp/my&dev"), "processes: by name and by path");
    CHECK(!process_is_called(&p, "dev") && !process_is_called(&p, "my&de") && !process_is_called(&p, ""),
          "processes: a part of the name is another name");
    CHECK(process_next(xml, strlen(xml), &at, &p) && p.pid == 9 && process_is_called(&p, "sh"),
          "processes: one without a number is passed over; a login shell");
    CHECK(!process_next(xml, strlen(xml), &at, &p), "processes: half an item is none");
}

int main(void)
{
    test_processes();
    test_release();
    test_group();
    test_glibc();
    test_json_strings();
    test_json_nesting();
    test_nearest();
    test_options();
    test_no_terminal();
    test_terminal();
    return check_done();
}
