/* SPDX-License-Identifier: Apache-2.0 */
/* Platform-level interrupt controller (RISC-V PLIC specification 1.0).  Vectors are source numbers, 1..plic_sources().
 *
 * Every source is enabled for one hart and masked by priority 0: completing a source that is not enabled would be ignored by
 * the hardware, so the enable bits never change after boot.  All functions may be called on any hart. */
#pragma once
#include "lib/fdt.h"
#include "core/types.h"

/* Boot, after num_harts is known.  Without a PLIC: no vectors, nothing else. */
void plic_init(const struct fdt *t);
uint32_t plic_sources(void); /* highest vector, 0 without a PLIC */
void plic_mask(uint32_t vector);
void plic_unmask(uint32_t vector);
void plic_complete(uint32_t vector); /* on the hart that claimed it */
uint32_t plic_claim(void);           /* this hart: 0 none */
