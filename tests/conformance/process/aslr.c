/* SPDX-License-Identifier: Apache-2.0 */
/* Address space layout randomisation: who has it, who inherits it, who can turn it on and off. What is random may be equal by chance:
 * a program has a number of tries to lie elsewhere.
 * Pages: Library Reference posix_spawnattr_setaslr(), posix_spawnattr_setxflags(), spawn(); Utilities Reference on. */
#include <spawn.h>
#include <sys/wait.h>
#include "../tap.h"

#define TRIES 16

struct place {
    const void *code, *library, *stack, *mapped;
};
static char *self;
static char *environment[] = {"PATH=/proc/boot", "LD_LIBRARY_PATH=/proc/boot", NULL};

/* The program that tells where it lies. */
static int tell(const void *stack)
{
    struct place here = {(const void *)tell, (const void *)printf, stack, malloc(1 << 20)};
    return write(STDOUT_FILENO, &here, sizeof here) == sizeof here ? 0 : 1;
}

static int start(const posix_spawnattr_t *attr, char *const argv[])
{
    pid_t pid;
    int status, error = posix_spawnp(&pid, argv[0], NULL, attr, argv, environment);
    if (error != 0)
        return error;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What a program writes that is started by `how`, which is given with `what` in a process of its own. */
static struct place place_of(int (*how)(int what), int what)
{
    struct place place = {0};
    int fd[2], status = -1;
    if (pipe(fd) == -1)
        bail_out("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd[1], STDOUT_FILENO);
        close(fd[0]);
        close(fd[1]);
        _exit(how(what));
    }
    close(fd[1]);
    if (read(fd[0], &place, sizeof place) != sizeof place)
        place.code = NULL;
    close(fd[0]);
    waitpid(pid, &status, 0);
    return status == 0 ? place : (struct place){0};
}

static int with(char *what, int aslr)
{
    char *argv[] = {self, what, NULL};
    posix_spawnattr_t attr;
    posix_spawnattr_init(&attr);
    posix_spawnattr_setaslr(&attr, (posix_spawnattr_aslr_t)aslr);
    return start(&attr, argv);
}

static int spawned(int aslr)
{
    return with("tell", aslr);
}

static int spawned_twice(int aslr)
{
    return with("relay", aslr);
}

/* In place of the process that asks. */
static int become(char *what, int aslr)
{
    char *argv[] = {self, what, NULL};
    posix_spawnattr_t attr;
    posix_spawnattr_init(&attr);
    posix_spawnattr_setaslr(&attr, (posix_spawnattr_aslr_t)aslr);
    posix_spawnattr_setxflags(&attr, POSIX_SPAWN_EXEC);
    return posix_spawn(NULL, self, NULL, &attr, argv, environment);
}

static int executed(int aslr)
{
    return become("tell", aslr);
}

static int executed_thrice(int aslr)
{
    return become("fork", aslr);
}

static int inverted(int twice)
{
    char *argv[] = {self, twice ? "invert" : "tell", NULL};
    posix_spawnattr_t attr;
    posix_spawnattr_init(&attr);
    posix_spawnattr_setxflags(&attr, POSIX_SPAWN_ASLR_INVERT);
    return start(&attr, argv);
}

static int neutrino_inverted(int twice)
{
    char *argv[] = {self, twice ? "invert" : "tell", NULL};
    struct inheritance inherit = {.flags = SPAWN_ASLR_INVERT};
    int status;
    pid_t pid = spawn(self, 0, NULL, &inherit, argv, environment);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int by_on(int option)
{
    static char *options[] = {"-s", "-ad", "-ae"};
    char *argv[] = {"on", options[option], self, "tell", NULL};
    return start(NULL, argv);
}

static struct place fixed;

static int is_fixed(struct place p)
{
    return p.code != NULL && memcmp(&p, &fixed, sizeof p) == 0;
}

/* Each address is another one than the fixed one, not always in the same run. */
static int is_elsewhere(int (*how)(int what), int what)
{
    int seen = 0;
    for (int i = 0; i < TRIES && seen != 15; i++) {
        struct place p = place_of(how, what);
        if (p.code == NULL)
            return 0;
        seen |= (p.code != fixed.code) | (p.library != fixed.library) << 1 | (p.stack != fixed.stack) << 2 | (p.mapped != fixed.mapped) << 3;
    }
    return seen == 15;
}

static void attributes(void)
{
    posix_spawnattr_t attr;
    posix_spawnattr_aslr_t aslr = POSIX_SPAWN_ASLR_ENABLE;
    struct sched_param param = {.sched_priority = 12};
    uint32_t flags;
    posix_spawnattr_init(&attr);
    ok(posix_spawnattr_getaslr(&attr, &aslr) == 0 && aslr == POSIX_SPAWN_ASLR_DEFAULT, "at first it is the parent's");
    ok(posix_spawnattr_setaslr(&attr, POSIX_SPAWN_ASLR_DISABLE) == 0, "it is set");
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setschedparam(&attr, &param);
    ok(posix_spawnattr_getaslr(&attr, &aslr) == 0 && aslr == POSIX_SPAWN_ASLR_DISABLE, "and stays so beside other attributes");
    is_int(posix_spawnattr_setaslr(&attr, (posix_spawnattr_aslr_t)3), EINVAL, "no such setting: EINVAL");
    ok(posix_spawnattr_setxflags(&attr, POSIX_SPAWN_ASLR_INVERT | POSIX_SPAWN_EXEC) == 0 && posix_spawnattr_getxflags(&attr, &flags) == 0 &&
           flags == (POSIX_SPAWN_ASLR_INVERT | POSIX_SPAWN_EXEC), "extended flags are kept");
    posix_spawnattr_setxflags(&attr, POSIX_SPAWN_EXEC | POSIX_SPAWN_SETSID);
    is_int(posix_spawn(NULL, self, NULL, &attr, (char *[]){self, "tell", NULL}, environment), ENOTSUP, "what exec cannot do: ENOTSUP");
    posix_spawnattr_setxflags(&attr, POSIX_SPAWN_EXEC);
    is_int(posix_spawn(NULL, "/no/such", NULL, &attr, (char *[]){self, NULL}, environment), ENOENT, "an exec that fails returns");
}

static int child(const char *what, const void *stack)
{
    char *argv[] = {self, "tell", NULL};
    pid_t pid;
    int status;
    if (strcmp(what, "tell") == 0)
        return tell(stack);
    if (strcmp(what, "relay") == 0)
        return start(NULL, argv);
    if (strcmp(what, "invert") == 0)
        return inverted(0);
    pid = fork();
    if (pid == 0) {
        execve(self, argv, environment);
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc == 2)
        return child(argv[1], &argc);
    tap_plan(22);
    attributes();
    fixed = place_of(spawned, POSIX_SPAWN_ASLR_DISABLE);
    ok(fixed.code != NULL && fixed.library != NULL && fixed.stack != NULL && fixed.mapped != NULL, "a program without it tells where it lies");
    ok(is_fixed(place_of(spawned, POSIX_SPAWN_ASLR_DISABLE)), "without it, it lies at the same place again");
    ok(is_elsewhere(spawned, POSIX_SPAWN_ASLR_ENABLE), "with it, elsewhere: code, library, stack and memory");
    ok(is_elsewhere(spawned, POSIX_SPAWN_ASLR_DEFAULT), "as the child of one that has it, elsewhere, too");
    ok(is_fixed(place_of(spawned_twice, POSIX_SPAWN_ASLR_DISABLE)), "the child of one without it has none");
    ok(is_elsewhere(spawned_twice, POSIX_SPAWN_ASLR_ENABLE), "that of one with it does");
    ok(is_fixed(place_of(executed, POSIX_SPAWN_ASLR_DISABLE)), "a process becomes a program without it");
    ok(is_elsewhere(executed, POSIX_SPAWN_ASLR_ENABLE), "or with it");
    ok(is_fixed(place_of(executed_thrice, POSIX_SPAWN_ASLR_DISABLE)), "fork() and execve() inherit that it has none");
    ok(is_elsewhere(executed_thrice, POSIX_SPAWN_ASLR_ENABLE), "and that it has");
    ok(is_fixed(place_of(inverted, 0)), "POSIX_SPAWN_ASLR_INVERT turns it off");
    ok(is_elsewhere(inverted, 1), "and on again");
    ok(is_fixed(place_of(neutrino_inverted, 0)), "SPAWN_ASLR_INVERT turns it off");
    ok(is_fixed(place_of(by_on, 1)) && is_fixed(place_of(by_on, 1)), "on -ad");
    ok(is_elsewhere(by_on, 2) && is_elsewhere(by_on, 0), "on -ae, and on");
    return done();
}
