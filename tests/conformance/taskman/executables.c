/* SPDX-License-Identifier: Apache-2.0 */
/* Which files can be run: this program itself, copied to /dev/shmem with something wrong in it,
 * scripts, permissions. Page: QNX Neutrino Library Reference, spawn(), exec*(); POSIX.1-2017 exec.
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../tap.h"

#define COPY "/dev/shmem/executable"
extern char **environ;
static char *image;
static size_t image_bytes;

static int write_copy(const void *data, size_t bytes, mode_t mode)
{
    size_t at = 0;
    int fd;

    unlink(COPY);
    fd = open(COPY, O_WRONLY | O_CREAT | O_TRUNC, mode);
    if (fd < 0)
        return -1;
    fchmod(fd, mode);
    while (at < bytes) {
        ssize_t n = write(fd, (const char *)data + at, bytes - at);
        if (n <= 0)
            break;
        at += (size_t)n;
    }
    close(fd);
    return at == bytes ? 0 : -1;
}

/* What posix_spawn says, or the child's exit status with 1000 added; 2000: killed. */
static int run(const char *path, char *const argv[])
{
    pid_t pid;
    int status, rc = posix_spawn(&pid, path, NULL, NULL, argv, environ);

    if (rc)
        return rc;
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? 1000 + WEXITSTATUS(status) : 2000;
}

static char *const child_argv[] = {"executable", "exit", "5", NULL};

static int run_copy(void)
{
    return run(COPY, child_argv);
}

static Elf64_Ehdr *header(void)
{
    return (Elf64_Ehdr *)image;
}

static Elf64_Phdr *load_segment(int n)
{
    Elf64_Phdr *ph = (Elf64_Phdr *)(image + header()->e_phoff);

    for (int i = 0; i < header()->e_phnum; i++)
        if (ph[i].p_type == PT_LOAD && n-- == 0)
            return &ph[i];
    bail_out("no such segment");
}

#define refused(text, lvalue, value)                                                               \
    do {                                                                                           \
        __typeof__(lvalue) saved = (lvalue);                                                       \
        (lvalue) = (__typeof__(lvalue))(value);                                                    \
        write_copy(image, image_bytes, 0755);                                                      \
        (lvalue) = saved;                                                                          \
        is_int(run_copy(), ENOEXEC, text ": ENOEXEC");                                             \
    } while (0)

static void bad_elf(void)
{
    Elf64_Ehdr *h = header();

    refused("no ELF magic", h->e_ident[1], 'X');
    refused("32 bits", h->e_ident[EI_CLASS], ELFCLASS32);
    refused("big endian", h->e_ident[EI_DATA], ELFDATA2MSB);
    refused("another machine", h->e_machine, EM_X86_64);
    refused("an object file", h->e_type, ET_REL);
    refused("no program headers", h->e_phnum, 0);
    refused("more headers than there is file", h->e_phoff, image_bytes - 60);
    refused("entry outside the text", h->e_entry, 0x7fffffff0);
    refused("writable text", load_segment(0)->p_flags, PF_R | PF_W | PF_X);
    refused("more in the file than in memory", load_segment(1)->p_memsz, 1);
    refused("a segment beyond the file", load_segment(0)->p_offset, image_bytes & ~4095ul);
    refused("a segment of 2^63 bytes", load_segment(1)->p_memsz, 1ul << 63);
    refused("segments on top of each other", load_segment(1)->p_vaddr,
            load_segment(0)->p_vaddr + (load_segment(1)->p_vaddr & 4095));
    write_copy(image, 40, 0755);
    is_int(run_copy(), ENOEXEC, "half a header: ENOEXEC");
    write_copy("", 0, 0755);
    is_int(run_copy(), ENOEXEC, "an empty file: ENOEXEC");
}

static void scripts(void)
{
    char text[300];
    char *const argv[] = {"script", "last", NULL};

    snprintf(text, sizeof(text), "#!%s script argument\n", "/dev/shmem/program");
    write_copy(image, image_bytes, 0755);
    rename(COPY, "/dev/shmem/program");
    write_copy(text, strlen(text), 0755);
    is_int(run(COPY, argv), 1009, "a #! line: interpreter, argument, path, arguments");
    write_copy("#!/no/such/interpreter\n", 23, 0755);
    is_int(run_copy(), ENOENT, "missing interpreter: ENOENT");
    write_copy("#!/dev/shmem/executable\n", 24, 0755);
    is_int(run_copy(), ENOEXEC, "a script as its own interpreter: ENOEXEC");
    write_copy("#!\n", 3, 0755);
    is_int(run_copy(), ENOEXEC, "no interpreter named: ENOEXEC");
    write_copy("echo text\n", 10, 0755);
    is_int(run_copy(), ENOEXEC, "plain text: ENOEXEC");
    unlink("/dev/shmem/program");
}

static void permissions(void)
{
    write_copy(image, image_bytes, 0644);
    is_int(run_copy(), EACCES, "no x bit: EACCES, also for root");
    is_int(run("/dev/shmem", child_argv), EACCES, "a directory: EACCES");
    is_int(run("/dev/null", child_argv), EACCES, "a device: EACCES");
    is_int(run("/no/such/file", child_argv), ENOENT, "nothing there: ENOENT");
    is_int(run("", child_argv), ENOENT, "empty path: ENOENT");
    write_copy(image, image_bytes, 0700);
    pid_t pid = fork();
    if (pid == 0) {
        int rc = setuid(50);
        _exit(rc ? 1 : run_copy() == EACCES ? 0 : 2);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    is_int(status, 0, "somebody else's file with mode 0700: EACCES");
}

static void failed_exec(void)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execv("/no/such/file", child_argv);
        if (errno != ENOENT)
            _exit(1);
        write_copy("text", 4, 0755);
        execv(COPY, child_argv);
        _exit(errno == ENOEXEC ? 0 : 2);
    }
    waitpid(pid, &status, 0);
    is_int(status, 0,
           "exec of what cannot be run returns with ENOENT, ENOEXEC and the process goes on");
    is_int(waitpid(-1, &status, WNOHANG), -1, "no failed start left a child");
    is_errno(ECHILD, "ECHILD");
}

int main(int argc, char **argv)
{
    struct stat st;
    int fd;

    if (argc > 2 && strcmp(argv[1], "exit") == 0)
        return atoi(argv[2]);
    if (argc > 1 && strcmp(argv[1], "script argument") == 0)
        return argc == 4 && strcmp(argv[2], COPY) == 0 && strcmp(argv[3], "last") == 0 ? 9 : 1;
    fd = open(argv[0], O_RDONLY);
    if (fd < 0)
        fd = open("/proc/boot/tests/taskman_executables", O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0)
        bail_out("cannot open myself (%s)", argv[0]);
    image_bytes = (size_t)st.st_size;
    image = malloc(image_bytes);
    if (!image || read(fd, image, image_bytes) != (ssize_t)image_bytes)
        bail_out("cannot read myself");
    close(fd);
    is_int(write_copy(image, image_bytes, 0755), 0, "a copy in /dev/shmem");
    is_int(run_copy(), 1005, "runs");
    bad_elf();
    scripts();
    permissions();
    failed_exec();
    unlink(COPY);
    return done();
}
