/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - prints the usage message of programs

%C program...

A program without a slash in its name is looked for along PATH.
#endif
/* clang-format on */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTION  "QNX_usage"
#define TEXT_MAX (256u * 1024)

/* Opens the program like a shell would find it; path gets its name. */
static int open_program(const char *name, char *path, size_t size)
{
    if (strchr(name, '/') != NULL) {
        snprintf(path, size, "%s", name);
        return open(path, O_RDONLY);
    }
    const char *dir = getenv("PATH");
    while (dir != NULL && *dir != '\0') {
        size_t len = strcspn(dir, ":");
        snprintf(path, size, "%.*s%s%s", (int)len, dir, len > 0 ? "/" : "", name);
        struct stat st;
        if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
            return open(path, O_RDONLY);
        dir += len + (dir[len] == ':');
    }
    errno = ENOENT;
    return -1;
}

static bool read_at(int fd, void *to, size_t n, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, to, n, (off_t)offset) == (ssize_t)n;
}

/* The section's text with a NUL, allocated; NULL when there is none or the file is not what it
 * should be. */
static char *find_usage(int fd)
{
    Elf64_Ehdr ehdr;
    Elf64_Shdr names, section;
    if (!read_at(fd, &ehdr, sizeof ehdr, 0) || memcmp(ehdr.e_ident, ELFMAG, SELFMAG) != 0 ||
        ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_shentsize != sizeof section ||
        ehdr.e_shstrndx >= ehdr.e_shnum)
        return NULL;
    if (!read_at(fd, &names, sizeof names,
                 ehdr.e_shoff + (uint64_t)ehdr.e_shstrndx * sizeof section))
        return NULL;
    for (unsigned i = 0; i < ehdr.e_shnum; i++) {
        char name[sizeof SECTION];
        if (!read_at(fd, &section, sizeof section, ehdr.e_shoff + (uint64_t)i * sizeof section))
            return NULL;
        if (!read_at(fd, name, sizeof name, names.sh_offset + section.sh_name) ||
            memcmp(name, SECTION, sizeof name) != 0)
            continue;
        if (section.sh_size > TEXT_MAX)
            return NULL;
        char *text = malloc(section.sh_size + 1);
        if (text != NULL && read_at(fd, text, section.sh_size, section.sh_offset)) {
            text[section.sh_size] = '\0';
            return text;
        }
        free(text);
        return NULL;
    }
    return NULL;
}

/* %C stands for the command's name. */
static void print_usage(const char *text, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char last = '\n';
    for (; *text != '\0'; text++) {
        if (text[0] == '%' && text[1] == 'C') {
            fputs(name, stdout);
            last = *name;
            text++;
        } else {
            putchar(*text);
            last = *text;
        }
    }
    if (last != '\n')
        putchar('\n');
}

int main(int argc, char **argv)
{
    int status = 0;
    if (argc < 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: use program...\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        char path[1024];
        int fd = open_program(argv[i], path, sizeof path);
        char *text = fd == -1 ? NULL : find_usage(fd);
        if (text != NULL) {
            print_usage(text, path);
        } else {
            fprintf(stderr, "use: %s: %s\n", argv[i],
                    fd == -1 ? strerror(errno) : "no usage message");
            status = 1;
        }
        free(text);
        if (fd != -1)
            close(fd);
    }
    return status;
}
