/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_module.h"

#include "../common/elf64.h"
#include "../common/fs.h"
#include "../common/sdk.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MODULES_MAX = 64 };

/* ------------------------------------------------------------------ reading */

static bool part_at(const struct module *m, uint64_t offset, void *to, size_t size)
{
    if (offset > m->bytes.len || size > m->bytes.len - offset)
        return false;
    memcpy(to, m->bytes.data + offset, size);
    return true;
}

static bool header(const struct module *m, Elf64_Ehdr *eh)
{
    enum elf_kind kind = elf_classify(m->bytes.data, m->bytes.len);
    return (kind == ELF_RISCV64_EXEC || kind == ELF_RISCV64_DYN) && part_at(m, 0, eh, sizeof *eh);
}

static bool segment(const struct module *m, unsigned i, Elf64_Phdr *ph)
{
    Elf64_Ehdr eh;
    return header(m, &eh) && i < eh.e_phnum && eh.e_phentsize == sizeof *ph &&
           part_at(m, eh.e_phoff + (uint64_t)i * sizeof *ph, ph, sizeof *ph);
}

static bool section(const struct module *m, unsigned i, Elf64_Shdr *sh)
{
    Elf64_Ehdr eh;
    return header(m, &eh) && i < eh.e_shnum && eh.e_shentsize == sizeof *sh &&
           part_at(m, eh.e_shoff + (uint64_t)i * sizeof *sh, sh, sizeof *sh);
}

bool module_code(const struct module *m, uint64_t address, uint64_t *code)
{
    Elf64_Phdr ph;
    for (unsigned i = 0; segment(m, i, &ph); i++)
        if (ph.p_type == PT_LOAD && address >= ph.p_vaddr && address - ph.p_vaddr < ph.p_filesz &&
            ph.p_filesz - (address - ph.p_vaddr) >= 8)
            return part_at(m, ph.p_offset + (address - ph.p_vaddr), code, 8);
    return false;
}

/* ------------------------------------------------------------------ symbols */

/* The best function of one table so far. */
static const char *look_in(const struct module *m, const Elf64_Shdr *table, uint64_t address,
                           uint64_t *start)
{
    Elf64_Shdr strings;
    Elf64_Sym sym;
    const char *name = NULL;
    if (!section(m, table->sh_link, &strings) || strings.sh_offset > m->bytes.len ||
        strings.sh_size > m->bytes.len - strings.sh_offset)
        return NULL;
    for (uint64_t i = 0; i < table->sh_size / sizeof sym; i++) {
        if (!part_at(m, table->sh_offset + i * sizeof sym, &sym, sizeof sym))
            break;
        if (sym.st_shndx == SHN_UNDEF || sym.st_value > address ||
            address - sym.st_value >= (sym.st_size ? sym.st_size : 4) ||
            (ELF64_ST_TYPE(sym.st_info) != STT_FUNC && ELF64_ST_TYPE(sym.st_info) != STT_NOTYPE))
            continue;
        const char *text = m->bytes.data + strings.sh_offset + sym.st_name;
        if (sym.st_name >= strings.sh_size || text[0] == '\0' || text[0] == '$' ||
            memchr(text, '\0', strings.sh_size - sym.st_name) == NULL)
            continue;
        if (name != NULL && *start >= sym.st_value && ELF64_ST_BIND(sym.st_info) != STB_GLOBAL)
            continue; /* of aliases the global one */
        name = text;
        *start = sym.st_value;
    }
    return name;
}

const char *module_symbol(const struct module *m, uint64_t address, uint64_t *start)
{
    Elf64_Shdr sh;
    const char *name = NULL;
    for (unsigned pass = 0; pass < 2 && name == NULL; pass++)
        for (unsigned i = 0; name == NULL && section(m, i, &sh); i++)
            if (sh.sh_type == (pass == 0 ? SHT_SYMTAB : SHT_DYNSYM))
                name = look_in(m, &sh, address, start);
    return name;
}

/* ------------------------------------------------------------------ lines */

static char *addr2line_tool(void)
{
    static const char *const places[] = {"bin/riscv64-unknown-qrv-addr2line",
                                         "toolchain/bin/riscv64-unknown-qrv-addr2line"};
    for (int i = 0; i < 2; i++) {
        char *tool = fs_join(sdk_locate()->root, places[i]);
        if (access(tool, X_OK) == 0)
            return tool;
        free(tool);
    }
    return NULL;
}

static void run_tool(const char *tool, const char *path, const char *address, int out)
{
    dup2(out, STDOUT_FILENO);
    close(STDERR_FILENO);
    execl(tool, tool, "-s", "-f", "-C", "-e", path, address, (char *)NULL);
    _exit(127);
}

char *module_line(const struct module *m, uint64_t address, char **function)
{
    char text[512], number[32];
    int fds[2], status;
    char *tool = addr2line_tool();
    size_t have = 0;
    ssize_t n;
    *function = NULL;
    if (tool == NULL || pipe(fds) != 0) {
        free(tool);
        return NULL;
    }
    snprintf(number, sizeof number, "0x%lx", (unsigned long)address);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_tool(tool, m->path, number, fds[1]);
    close(fds[1]);
    while (have < sizeof text - 1 && (n = read(fds[0], text + have, sizeof text - 1 - have)) > 0)
        have += (size_t)n;
    close(fds[0]);
    if (pid > 0)
        waitpid(pid, &status, 0);
    free(tool);
    text[have] = '\0';
    char *line = text + strcspn(text, "\r\n");
    if (*line == '\0')
        return NULL;
    *line++ = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    char *extra = strstr(line, " (discriminator");
    if (extra != NULL)
        *extra = '\0';
    if (text[0] != '?' && text[0] != '\0')
        *function = xstrdup(text);
    return line[0] == '\0' || line[0] == '?' || strstr(line, ":?") != NULL ? NULL : xstrdup(line);
}

/* ------------------------------------------------------------------ finding */

static bool add(struct modules *all, const char *path)
{
    struct module m = {0};
    Elf64_Phdr ph;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->list[i].path, path) == 0)
            return true;
    if (all->count == MODULES_MAX || fs_read(path, &m.bytes) != 0)
        return false;
    for (unsigned i = 0; segment(&m, i, &ph); i++)
        if (ph.p_type == PT_LOAD && (ph.p_flags & PF_X) && m.text_end == 0) {
            m.text_start = ph.p_vaddr;
            m.text_end = ph.p_vaddr + ph.p_memsz;
        }
    if (m.text_end <= m.text_start) {
        buf_free(&m.bytes);
        return false;
    }
    m.path = xstrdup(path);
    all->list = xrealloc(all->list, (all->count + 1) * sizeof *all->list);
    all->list[all->count++] = m;
    return true;
}

/* A library by its name: beside the files that are there already and one level around (where
 * $ORIGIN points to as a rule), then in the SDK. */
static void add_library(struct modules *all, const char *name)
{
    static const char *const near[] = {"", "lib/", "../lib/", "../"};
    char *path;
    bool found = false;
    if (strchr(name, '/') != NULL) {
        add(all, name);
        return;
    }
    for (size_t i = 0, before = all->count; i < before && !found; i++) {
        char *dir = fs_dirname(all->list[i].path);
        for (size_t k = 0; k < sizeof near / sizeof near[0] && !found; k++) {
            path = xprintf("%s/%s%s", dir, near[k], name);
            found = add(all, path);
            free(path);
        }
        free(dir);
    }
    if (!found) {
        path = xprintf("%s/usr/lib/%s", sdk_locate()->sysroot, name);
        add(all, path);
        free(path);
    }
}

void modules_of(const char *program, struct modules *all)
{
    char *path = strchr(program, '/') != NULL
                     ? fs_absolute(program)
                     : xprintf("%s/bin/%s", sdk_locate()->sysroot, program);
    add(all, path);
    free(path);
    for (size_t i = 0; i < all->count; i++) {
        size_t at = 0;
        const char *name;
        while ((name = elf_needed(all->list[i].bytes.data, all->list[i].bytes.len, &at)) != NULL)
            add_library(all, name);
    }
    char *libc = fs_join(sdk_locate()->sysroot, "usr/lib/libc.so");
    add(all, libc);
    free(libc);
}

void modules_free(struct modules *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->list[i].path);
        buf_free(&all->list[i].bytes);
    }
    free(all->list);
}
