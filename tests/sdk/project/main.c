/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <sys/neutrino.h>

#if defined(__linux__) || defined(linux) || defined(__gnu_linux__)
#error "this is not Linux"
#endif
#if !defined(__QNXNTO__) || !defined(__QNX__) || !defined(__QRV__)
#error "the macros of the system are missing"
#endif

const char *part(int n);

int exported_to_plugins(void);

int exported_to_plugins(void)
{
    return 1;
}

int main(int argc, char **argv)
{
    (void)argv;
    assert(argc < 100);
    return puts(part(argc)) < 0;
}
