/* SPDX-License-Identifier: Apache-2.0 */
/* Sv39 page-table entries.
 *
 * Every leaf carries A, and D when writable, from birth (harts without Svadu trap instead of setting them).
 * Software bits of a valid user leaf: SHARED (fork shares the frame) and COW (a store copies first; W is off).
 * An invalid user entry that is not zero is a page the kernel keeps in mind: its R/W/X/U bits say what it may become, and
 * one of LAZY (no frame yet) or HELD (the frame stays, access is PROT_NONE) is set.
 */
#pragma once
#include <stdint.h>

#define PTE_V (1UL << 0)
#define PTE_R (1UL << 1)
#define PTE_W (1UL << 2)
#define PTE_X (1UL << 3)
#define PTE_U (1UL << 4)
#define PTE_G (1UL << 5)
#define PTE_A (1UL << 6)
#define PTE_D (1UL << 7)
#define PTE_SHARED (1UL << 8)
#define PTE_COW (1UL << 9)
#define PTE_RWX (PTE_R | PTE_W | PTE_X)
/* only with V clear */
#define PTE_LAZY PTE_G
#define PTE_HELD PTE_A

#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK 0x003ffffffffffc00UL
#define PTE_PA(pte) (((pte)&PTE_PPN_MASK) << 2)
#define PTE_FROM_PA(pa) (((uint64_t)(pa) >> 2) & PTE_PPN_MASK)
#define PTE_IS_TABLE(pte) (((pte) & (PTE_V | PTE_RWX)) == PTE_V)

#define PT_ENTRIES 512
#define PT_LEVELS 3
#define PT_SHIFT(level) (12 + 9 * (level)) /* level 2 is the root */
#define PT_INDEX(va, level) (((va) >> PT_SHIFT(level)) & (PT_ENTRIES - 1))

#define SATP_SV39 (8UL << 60)
#define SATP_ASID_SHIFT 44
