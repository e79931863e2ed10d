/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up and the thread pool. */
#pragma once
#include <stdint.h>
#include "main/lock.h"

#define POOL_THREADS_MIN 4 /* more when there are more harts */
#define POOL_STACK_BYTES 65536UL

extern struct self main_self;
_Noreturn void taskman_main(const void *initrd, uint64_t bytes);
_Noreturn void pool_loop(void);
/* Starts the other threads of the pool: 0 or -errno. */
int pool_start(void);
/* Finds the rng-seed of /chosen in the device tree and feeds the generator. */
void seed_random(void);
/* Spawns the first program: init= of the command line, or /proc/boot/sysinit. */
int64_t first_program(void);
