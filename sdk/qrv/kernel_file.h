/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Can this kernel file boot on QEMU's virt machine with that much memory and an initrd of that
 * size? Returns NULL if so, else the reason, in a static buffer. bytes is the whole file.
 */
const char *kernel_refuse(const void *bytes, size_t len, uint64_t memory, uint64_t initrd_size);
