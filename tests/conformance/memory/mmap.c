/* SPDX-License-Identifier: Apache-2.0 */
/* mmap(), munmap(), mprotect(): contents, protection, splitting, errors; faults become signals.
 * Page: QNX Neutrino Library Reference, mmap(), munmap(), mprotect(); POSIX.1-2017. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include "../tap.h"

#define PAGE 4096
static sigjmp_buf env;
static volatile int fault_code;
static void *volatile fault_addr;

static void on_fault(int signo, siginfo_t *si, void *uc)
{
    (void)uc;
    fault_code = si->si_code;
    fault_addr = si->si_addr;
    siglongjmp(env, signo);
}

/* Signal that a load (or store) at p makes, 0 none. */
static int touch(volatile char *p, int write)
{
    int sig = sigsetjmp(env, 1);
    if (sig)
        return sig;
    if (write)
        *p = 1;
    else
        (void)*p;
    return 0;
}

static void contents(void)
{
    char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ok(p != MAP_FAILED && (uintptr_t)p % PAGE == 0, "anonymous memory, page aligned");
    int zero = 1;
    for (int i = 0; i < 3 * PAGE; i++)
        zero &= p[i] == 0;
    ok(zero, "is zero-filled");
    memset(p, 5, 3 * PAGE);
    is_int(munmap(p + PAGE, PAGE), 0, "unmap the middle page");
    ok(touch(p, 0) == 0 && touch(p + 2 * PAGE, 0) == 0, "its neighbours stay");
    is_int(touch(p + PAGE, 0), SIGSEGV, "the hole faults");
    ok(fault_addr == p + PAGE && fault_code == SEGV_MAPERR, "SEGV_MAPERR at the right address");
    char *q = mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    ok(q == p + PAGE && q[0] == 0, "MAP_FIXED fills the hole with fresh zeroes");
    is_int(munmap(p, 3 * PAGE), 0, "unmap all");
    is_int(munmap(p, 3 * PAGE), 0, "unmapping nothing is no error");
}

static void protection(void)
{
    char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    p[0] = 1;
    is_int(mprotect(p, PAGE, PROT_READ), 0, "mprotect to read-only");
    is_int(touch(p, 0), 0, "reading works");
    is_int(touch(p, 1), SIGSEGV, "writing faults");
    is_int(fault_code, SEGV_ACCERR, "SEGV_ACCERR");
    is_int(touch(p + PAGE, 1), 0, "the next page is untouched by it");
    is_int(mprotect(p, PAGE, PROT_NONE), 0, "PROT_NONE");
    is_int(touch(p, 0), SIGSEGV, "reading faults");
    is_int(mprotect(p, PAGE, PROT_READ | PROT_WRITE), 0, "and back");
    ok(touch(p, 1) == 0 && p[0] == 1, "writable again");
    munmap(p, 2 * PAGE);
    ok(mprotect(p, PAGE, PROT_READ) == -1 && errno == ENOMEM, "not mapped: ENOMEM");
}

static void execute(void)
{
    static const uint32_t code[] = { 0x02a00513, 0x00008067 }; /* li a0, 42; ret */
    for (int round = 0; round < 3; round++) {
        uint32_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memcpy(p, code, sizeof(code));
        p[0] += (uint32_t)round << 20;
        if (mprotect(p, PAGE, PROT_READ | PROT_EXEC) == -1) {
            ok(0, "mprotect to executable");
            return;
        }
        int (*fn)(void) = (int (*)(void))(uintptr_t)p;
        is_int(fn(), 42 + round, "code written, then made executable, runs");
        munmap(p, PAGE);
    }
}

static void errors(void)
{
    ok(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL, "length 0: EINVAL");
    ok(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL, "neither SHARED nor PRIVATE: EINVAL");
    ok(mmap((void *)0x1001, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED && errno == EINVAL,
       "MAP_FIXED unaligned: EINVAL");
    ok(mmap((void *)0xffffffc000000000UL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED,
       "MAP_FIXED in the kernel's half fails (%d)", errno);
    ok(mmap(NULL, 1UL << 45, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM, "32 TiB: ENOMEM");
    ok(mmap(NULL, 1UL << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM,
       "more than there is: ENOMEM");
    ok(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 555, 0) == MAP_FAILED && errno == EBADF, "bad descriptor: EBADF");
    is_int(touch((char *)8, 0), SIGSEGV, "the zero page faults");
    is_int(touch((char *)0xffffffc080200000UL, 0), SIGSEGV, "a kernel address faults");
}

int main(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    contents();
    protection();
    execute();
    errors();
    return done();
}
