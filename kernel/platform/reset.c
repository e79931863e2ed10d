/* SPDX-License-Identifier: Apache-2.0 */
/* Power-off and reset.  The test device of emulators carries an exit code; boards have SBI SRST only, or nothing. */
#include "platform/reset.h"
#include <abi/tm.h>
#include "arch/riscv64/riscv.h"

#define TEST_FAIL 0x3333
#define TEST_PASS 0x5555
#define TEST_RESET 0x7777

static volatile uint32_t *test_device;

void reset_init(paddr_t pa)
{
    if (pa != 0)
        test_device = riscv_map_device(pa, 4);
}

static void test_write(uint32_t v)
{
    __asm__ volatile("fence rw, rw" ::: "memory");
    *test_device = v;
}

_Noreturn void arch_reboot(int how, int code)
{
    if (test_device != NULL) {
        if (how == TM_REBOOT_RESET)
            test_write(TEST_RESET);
        else
            test_write(code == 0 ? TEST_PASS : TEST_FAIL | (uint32_t)(code & 0xff) << 16);
    }
    sbi_system_reset(how == TM_REBOOT_RESET);
    kprintf("The firmware cannot %s: switch off by hand.\n", how == TM_REBOOT_RESET ? "reset" : "power off");
    atomic_store(&riscv_stopping, true);
    for (uint32_t i = 0; i < num_harts; i++)
        if (&harts[i] != this_hart())
            arch_kick(&harts[i]);
    riscv_park();
}

_Noreturn void arch_panic_stop(int code)
{
    if (test_device != NULL)
        test_write(TEST_FAIL | (uint32_t)(code & 0xff) << 16);
    riscv_park(); /* on a board the message stays to be read */
}
