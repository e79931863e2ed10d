/* SPDX-License-Identifier: Apache-2.0 */
/* Unit tests of the host tools' pure parts. The ELF files to work on: argv[1], a RISC-V program, and argv[2], a shared
 * library. */
#include "common/buf.h"
#include "common/check.h"
#include "common/elf64.h"
#include "common/fs.h"
#include "common/options.h"
#include "common/sdk.h"
#include "common/sha256.h"
#include "image/cpio.h"
#include "qrv/console.h"
#include "qrv/dialog.h"
#include "qrv/kernel_file.h"
#include "qrv/machine.h"
#include "qrv/usage_text.h"

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void test_sha256(void)
{
    char hex[65];
    char *million = xmalloc(1000000);
    memset(million, 'a', 1000000);
    sha256_hex("", 0, hex);
    CHECK(strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") == 0,
          "sha256 of nothing");
    sha256_hex("abc", 3, hex);
    CHECK(strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0,
          "sha256 of abc");
    sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex);
    CHECK(strcmp(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1") == 0,
          "sha256 of two blocks");
    sha256_hex(million, 1000000, hex);
    CHECK(strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0,
          "sha256 of a million letters");
    free(million);
}

static void fill_archive(struct archive *a)
{
    struct member *m = archive_add(a, "dir");
    m->mode = CPIO_DIR | 0755;
    m = archive_add(a, "dir/file");
    m->mode = CPIO_FILE | 0600;
    m->uid = 1;
    m->gid = 2;
    m->mtime = 3;
    m->data = xstrdup("contents");
    m->len = 8;
}

static void test_cpio(void)
{
    struct archive a = {0};
    struct archive b = {0};
    struct buf bytes = {0};
    size_t where;
    fill_archive(&a);
    cpio_write(&a, &bytes);
    CHECK(bytes.len % 512 == 0, "an archive is whole blocks");
    CHECK(cpio_read(bytes.data, bytes.len, &b, &where) == NULL && b.count == 2,
          "what was written can be read");
    CHECK(strcmp(b.members[1].name, "dir/file") == 0 && b.members[1].len == 8 &&
              b.members[1].uid == 1 && b.members[1].gid == 2 && b.members[1].mtime == 3 &&
              b.members[1].mode == (CPIO_FILE | 0600) &&
              memcmp(b.members[1].data, "contents", 8) == 0,
          "... with all its fields");
    archive_remove(&b, archive_find(&b, "dir"));
    CHECK(b.count == 1 && archive_find(&b, "dir") == NULL && archive_find(&b, "dir/file") != NULL,
          "remove a member");
    archive_free(&b);
    cpio_write(&a, &bytes);
    CHECK(cpio_read(bytes.data, bytes.len, &b, &where) == NULL && b.count == 4,
          "two archives behind each other");
    archive_free(&b);
    int accepted = 0;
    for (size_t n = 0; n < bytes.len / 2; n++) {
        char *cut = xmalloc(n);
        memcpy(cut, bytes.data, n);
        accepted += cpio_read(cut, n, &b, &where) == NULL && n < 365;
        archive_free(&b);
        free(cut);
    }
    CHECK(accepted == 0, "an archive cut off anywhere before its trailer is refused");
    memset(bytes.data + 6 + 11 * 8, 'F', 8);
    CHECK(cpio_read(bytes.data, bytes.len, &b, &where) != NULL && where == 0,
          "a name of 4 GiB is refused");
    archive_free(&b);
    memcpy(bytes.data + 6 + 11 * 8, "0000000g", 8);
    CHECK(cpio_read(bytes.data, bytes.len, &b, &where) != NULL,
          "a field that is no number is refused");
    archive_free(&b);
    archive_free(&a);
    buf_free(&bytes);
}

/* The section of that type, NULL: none. */
static const Elf64_Shdr *section_of(const Elf64_Shdr *table, const Elf64_Ehdr *eh, Elf64_Word type)
{
    for (unsigned i = 1; i < eh->e_shnum; i++)
        if (table[i].sh_type == type)
            return &table[i];
    return NULL;
}

/* Of a stripped program: code, dynamic symbols and their strings can be found, and nothing that is not in the file. */
static void test_sections(const struct buf *small, bool is_library)
{
    Elf64_Ehdr eh;
    Elf64_Shdr table[100];
    memcpy(&eh, small->data, sizeof eh);
    CHECK(eh.e_shnum > 3 && eh.e_shnum <= 100 && eh.e_shstrndx < eh.e_shnum && eh.e_shentsize == sizeof *table &&
              eh.e_shoff + eh.e_shnum * sizeof *table == small->len,
          "a stripped program has section headers");
    memcpy(table, small->data + eh.e_shoff, eh.e_shnum * sizeof *table);
    const Elf64_Shdr *names = &table[eh.e_shstrndx];
    const Elf64_Shdr *symbols = section_of(table, &eh, SHT_DYNSYM);
    int outside = 0;
    int code = 0;
    for (unsigned i = 1; i < eh.e_shnum; i++) {
        outside += table[i].sh_type != SHT_NOBITS && table[i].sh_offset + table[i].sh_size > eh.e_shoff;
        code += strcmp(small->data + names->sh_offset + table[i].sh_name, ".text") == 0 &&
                (table[i].sh_flags & SHF_EXECINSTR);
    }
    CHECK(outside == 0 && code == 1, "... of what is in it, and its code is named");
    CHECK(is_library == (symbols != NULL) && (symbols == NULL || (symbols->sh_link < eh.e_shnum && table[symbols->sh_link].sh_type == SHT_STRTAB &&
                              table[symbols->sh_link].sh_flags == SHF_ALLOC)),
          "... its dynamic symbols lead to their names");
    CHECK(section_of(table, &eh, SHT_SYMTAB) == NULL, "... and the others are gone");
}

static void test_elf(const char *path, bool is_library)
{
    struct buf elf = {0};
    struct buf with = {0};
    struct buf small = {0};
    struct buf none = {0};
    size_t len = 0;
    static const char text[] = "%C - usage\n";
    CHECK(fs_read(path, &elf) == 0, "the RISC-V program can be read");
    CHECK(elf_classify(elf.data, elf.len) == ELF_RISCV64_EXEC ||
              elf_classify(elf.data, elf.len) == ELF_RISCV64_DYN,
          "... and is one");
    CHECK(elf_classify("#!/bin/sh", 9) == ELF_NOT, "a script is no ELF file");
    CHECK(elf_usage(elf.data, elf.len, &len) == NULL, "no usage message at first");
    CHECK(elf_set_usage(elf.data, elf.len, "old", 3, &with) == NULL, "put one in");
    CHECK(elf_set_usage(with.data, with.len, text, strlen(text), &small) == NULL, "replace it");
    buf_free(&with);
    with = small;
    small = (struct buf){0};
    const char *found = elf_usage(with.data, with.len, &len);
    CHECK(found != NULL && len == strlen(text) && memcmp(found, text, len) == 0,
          "the new message is found");
    CHECK(elf_strip(with.data, with.len, &small) == NULL && small.len < with.len,
          "stripping makes it smaller");
    found = elf_usage(small.data, small.len, &len);
    CHECK(found != NULL && len == strlen(text) && memcmp(found, text, len) == 0,
          "stripping keeps the message");
    test_sections(&small, is_library);
    none.len = 0;
    CHECK(elf_strip(small.data, small.len, &none) == NULL && none.len == small.len && memcmp(none.data, small.data, small.len) == 0,
          "what has been stripped already is not changed");
    none.len = 0;
    CHECK(elf_strip("\177ELF", 4, &none) != NULL && none.len == 0,
          "half a header cannot be stripped");
    int crashes = 0;
    for (size_t n = 0; n < 2048 && n < with.len; n++) { /* the sanitizers judge */
        char *cut = xmalloc(n);
        memcpy(cut, with.data, n);
        none.len = 0;
        crashes += elf_strip(cut, n, &none) == NULL && none.len > n + 4096;
        elf_usage(cut, n, &len);
        free(cut);
    }
    CHECK(crashes == 0, "files that are cut off do no harm");
    buf_free(&elf);
    buf_free(&with);
    buf_free(&small);
    buf_free(&none);
}

static void put(unsigned char *p, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        p[i] = (unsigned char)(value >> (8 * i));
}

static void good_image(unsigned char image[4096])
{
    memset(image, 0, 4096);
    put(image + 8, 0x200000, 8);
    put(image + 16, 0x10000, 8);
    put(image + 32, 2, 4);
    put(image + 56, 0x05435352, 4);
}

static void test_kernel(void)
{
    unsigned char image[4096];
    const uint64_t mib = 1 << 20;
    good_image(image);
    CHECK(kernel_refuse(image, sizeof image, 128 * mib, 10 * mib) == NULL, "a good Image is taken");
    CHECK(kernel_refuse(image, sizeof image, 128 * mib, 100 * mib) != NULL,
          "an initrd larger than memory is refused");
    put(image + 16, 0, 8);
    CHECK(kernel_refuse(image, sizeof image, 128 * mib, 0) != NULL,
          "an Image without a size is refused");
    good_image(image);
    put(image + 8, 0x80000, 8);
    CHECK(strstr(kernel_refuse(image, sizeof image, 128 * mib, 0), "0x80000") != NULL,
          "a wrong offset is named");
    good_image(image);
    put(image + 24, 1, 8);
    CHECK(kernel_refuse(image, sizeof image, 128 * mib, 0) != NULL, "big-endian is refused");
    good_image(image);
    put(image + 56, 0x644d5241, 4);
    CHECK(strstr(kernel_refuse(image, sizeof image, 128 * mib, 0), "ARM") != NULL,
          "an ARM Image is told as such");
    CHECK(strstr(kernel_refuse("\x1f\x8b\x08", 3, 128 * mib, 0), "gzip") != NULL,
          "gzip is told as such");
    CHECK(strstr(kernel_refuse("070701", 6, 128 * mib, 0), "--image") != NULL,
          "a boot archive is told as such");
    CHECK(kernel_refuse("", 0, 128 * mib, 0) != NULL, "an empty file is refused");
    Elf64_Ehdr eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
                     .e_machine = EM_X86_64};
    CHECK(strstr(kernel_refuse(&eh, sizeof eh, 128 * mib, 0), "62") != NULL,
          "an x86 ELF is told as such");
    eh.e_ident[EI_CLASS] = ELFCLASS32;
    CHECK(strstr(kernel_refuse(&eh, sizeof eh, 128 * mib, 0), "32-bit") != NULL,
          "a 32-bit ELF is told as such");
}

static int parse(const char *text, unsigned *line)
{
    struct dialog d = {0};
    const char *why = "";
    int result = dialog_parse(&d, text, strlen(text), line, &why);
    dialog_free(&d);
    return result;
}

static void test_dialog_parse(void)
{
    unsigned line;
    struct dialog d = {0};
    const char *why;
    static const char good[] = "# c\n expect a\\x41\\n\\s b \ntimeout 2.5\nsend\nquit 3\nwait\n";
    CHECK(dialog_parse(&d, good, strlen(good), &line, &why) == 0 && d.count == 5,
          "a good console script");
    CHECK(d.count == 5 && strcmp(d.steps[0].text, "aA\n  b") == 0 && d.steps[3].number == 3,
          "... with its values");
    dialog_free(&d);
    CHECK(parse("wait\nexpct x\n", &line) == -1 && line == 2,
          "an unknown statement, with its line");
    CHECK(parse("expect\n", &line) == -1, "expect needs a text");
    CHECK(parse("quit 256\n", &line) == -1, "an exit code of 256 is refused");
    CHECK(parse("timeout x\n", &line) == -1 && parse("sleep -1\n", &line) == -1,
          "numbers are checked");
    CHECK(parse("send a\\q\n", &line) == -1 && parse("send \\x0\n", &line) == -1 &&
              parse("type \\x00\n", &line) == -1,
          "bad escapes are refused");
}

static int play(const char *script, char *const argv[], long long ms)
{
    struct dialog d = {0};
    struct console c;
    unsigned line;
    const char *why;
    if (dialog_parse(&d, script, strlen(script), &line, &why) != 0 ||
        console_start(&c, argv, NULL) != 0)
        return -1;
    int result = dialog_play(&d, "script", &c, console_now_ms() + ms);
    console_free(&c);
    dialog_free(&d);
    return result;
}

static void test_dialog_play(void)
{
    char *const shell[] = {(char *)"sh", (char *)"-c",
                           (char *)"printf 'a\\r\\nready> '; read x; echo \"got $x\"; exit 5",
                           NULL};
    char *const deaf[] = {(char *)"sh", (char *)"-c",
                          (char *)"trap '' TERM; echo on; exec sleep 60", NULL};
    CHECK(play("expect ready>\ntype hi\\n\nexpect got hi\nwait\n", shell, 10000) == 5,
          "a dialog, and the exit code");
    CHECK(play("expect a\\nready\nquit 7\n", shell, 10000) == 7,
          "carriage returns do not disturb; quit");
    CHECK(play("timeout 0.2\nexpect never\n", shell, 10000) == EXIT_SCRIPT,
          "what does not come is a failure");
    CHECK(play("expect never\n", shell, 200) == EXIT_TIMEOUT,
          "the time of the whole run is a timeout");
    CHECK(play("forbid GOT\nexpect ready\ntype x\\n\nexpect never\n", shell, 10000) == EXIT_SCRIPT,
          "forbidden text");
    CHECK(play("type \\n\nexpect never\n", shell, 10000) == EXIT_SCRIPT,
          "the end of the machine is noticed");
    CHECK(play("expect on\nquit\n", deaf, 10000) == 0,
          "a child that ignores SIGTERM is ended all the same");
    char *const missing[] = {(char *)"/nonexistent/qemu", NULL};
    CHECK(play("expect never\n", missing, 10000) == EXIT_SCRIPT, "a program that is not there");
}

static void test_machine(void)
{
    uint64_t bytes;
    char *extra[] = {(char *)"-d", (char *)"a b'c", NULL};
    struct machine m = {.qemu = "q",
                        .bios = "b",
                        .kernel = "k",
                        .image = "i",
                        .append = "",
                        .harts = 8,
                        .memory = (uint64_t)1 << 30,
                        .gdb_port = 1234,
                        .wait = true,
                        .extra = extra};
    struct buf line = {0};
    char **argv = machine_argv(&m);
    machine_quote(argv, &line);
    CHECK(strstr(line.data,
                 "-smp 8 -m 1024M -nographic -bios b -kernel k -initrd i -append '' -gdb "
                 "tcp:127.0.0.1:1234 -S -d 'a b'\\''c'\n") != NULL,
          "the command line of QEMU, quoted for a shell");
    machine_argv_free(argv);
    buf_free(&line);
    static const char *bad[] = {"", "1", "1:", ":1", "0:1", "1:65536", "tcp:1", "1:2:3", "sctp:1:2", "-1:2"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(machine_forward(bad[i]) == NULL, bad[i]);
    const char *forwards[] = {"8022:22", "udp:69:70", NULL};
    m = (struct machine){.qemu = "q", .bios = "b", .kernel = "k", .image = "i", .harts = 1, .net = true,
                         .forwards = forwards};
    line = (struct buf){0};
    argv = machine_argv(&m);
    machine_quote(argv, &line);
    CHECK(strstr(line.data, "-netdev user,id=net,hostfwd=tcp:127.0.0.1:8022-:22,hostfwd=udp:127.0.0.1:69-:70 "
                            "-device virtio-net-device,netdev=net\n") != NULL,
          "a network with two forwarded ports");
    machine_argv_free(argv);
    buf_free(&line);
    CHECK(machine_parse_memory("2G", &bytes) && bytes == (uint64_t)2 << 30, "2G of memory");
    CHECK(machine_parse_memory("128", &bytes) && bytes == 128 << 20,
          "a size without a letter is in MiB");
    CHECK(!machine_parse_memory("32M", &bytes) && !machine_parse_memory("-1", &bytes) &&
              !machine_parse_memory("2GB", &bytes) && !machine_parse_memory("", &bytes) &&
              !machine_parse_memory("99999999999999999999G", &bytes),
          "bad sizes are refused");
}

static void test_usage_text(void)
{
    const char *text;
    size_t len;
    static const char c[] = "int x;\n# ifdef __USAGE\n%C - it\n#endif\nint y;\n";
    CHECK(usage_extract(c, strlen(c), &text, &len) == 0 && len == 8 &&
              memcmp(text, "%C - it\n", 8) == 0,
          "a usage message in a C source");
    CHECK(usage_extract("plain\n", 6, &text, &len) == 0 && len == 6, "a usage message of its own");
    CHECK(usage_extract("#ifdef __USAGE\nx\n", 17, &text, &len) == -1, "a message without #endif");
    CHECK(usage_extract("#ifdef __USAGE_NOT\nx\n", 21, &text, &len) == 0 && len == 21,
          "another macro is no message");
}

static void test_options(void)
{
    bool flag = false;
    const char *value = NULL;
    const char **list = NULL;
    int rest;
    const struct option_spec specs[] = {
        {"--flag", .flag = &flag}, {"--value", .value = &value}, {"-I", .list = &list}, {NULL}};
    char *argv[] = {(char *)"x", (char *)"a",         (char *)"--flag", (char *)"-I",
                    (char *)"1", (char *)"--value=v", (char *)"-I",     (char *)"2",
                    (char *)"b", (char *)"--",        (char *)"-q",     NULL};
    int n = options_parse(11, argv, specs, &rest);
    CHECK(n == 2 && strcmp(argv[1], "a") == 0 && strcmp(argv[2], "b") == 0,
          "operands between options");
    CHECK(flag && value && strcmp(value, "v") == 0 && list && strcmp(list[1], "2") == 0 &&
              list[2] == NULL,
          "flags, values, lists");
    CHECK(rest == 10, "what follows --");
    free(list);
    char *bad[] = {(char *)"x", (char *)"--nope", NULL};
    char *lacking[] = {(char *)"x", (char *)"--value", NULL};
    char *spare[] = {(char *)"x", (char *)"--flag=1", NULL};
    CHECK(options_parse(2, bad, specs, NULL) == -1, "an unknown option is refused");
    CHECK(options_parse(2, lacking, specs, NULL) == -1, "a missing value is noticed");
    CHECK(options_parse(2, spare, specs, NULL) == -1, "a value for a flag is refused");
}

int main(int argc, char **argv)
{
    test_sha256();
    test_cpio();
    CHECK(argc == 3, "the paths of a RISC-V program and a library are given");
    for (int i = 1; i < argc; i++)
        test_elf(argv[i], i == 2);
    test_kernel();
    test_dialog_parse();
    test_dialog_play();
    test_machine();
    test_usage_text();
    test_options();
    return check_done();
}
