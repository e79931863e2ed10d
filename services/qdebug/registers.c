/* SPDX-License-Identifier: Apache-2.0 */
/* Registers in the order of the target description: x0 to x31, pc, f0 to f31, fflags, frm, fcsr. */
#include "registers.h"

#include <string.h>

const char target_description[] =
    "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
    "<architecture>riscv:rv64</architecture>"
    "<feature name=\"org.gnu.gdb.riscv.cpu\">"
#define X(name) "<reg name=\"" name "\" bitsize=\"64\" type=\"int\"/>"
    X("zero") X("ra") X("sp") X("gp") X("tp") X("t0") X("t1") X("t2") X("fp") X("s1") X("a0") X("a1") X("a2") X("a3") X("a4")
    X("a5") X("a6") X("a7") X("s2") X("s3") X("s4") X("s5") X("s6") X("s7") X("s8") X("s9") X("s10") X("s11") X("t3") X("t4")
    X("t5") X("t6") "<reg name=\"pc\" bitsize=\"64\" type=\"code_ptr\"/></feature>"
#undef X
    "<feature name=\"org.gnu.gdb.riscv.fpu\">"
#define X(name) "<reg name=\"" name "\" bitsize=\"64\" type=\"ieee_double\"/>"
    X("ft0") X("ft1") X("ft2") X("ft3") X("ft4") X("ft5") X("ft6") X("ft7") X("fs0") X("fs1") X("fa0") X("fa1") X("fa2") X("fa3")
    X("fa4") X("fa5") X("fa6") X("fa7") X("fs2") X("fs3") X("fs4") X("fs5") X("fs6") X("fs7") X("fs8") X("fs9") X("fs10")
    X("fs11") X("ft8") X("ft9") X("ft10") X("ft11")
#undef X
    "<reg name=\"fflags\" bitsize=\"32\" type=\"int\"/><reg name=\"frm\" bitsize=\"32\" type=\"int\"/>"
    "<reg name=\"fcsr\" bitsize=\"32\" type=\"int\"/></feature></target>";

size_t register_bytes(unsigned number)
{
    return number < REG_FFLAGS ? 8 : number < REGISTERS ? 4 : 0;
}

void register_get(const struct registers *r, unsigned number, void *value)
{
    uint32_t word = number == REG_FFLAGS ? r->f.fcsr & 0x1f : number == REG_FRM ? r->f.fcsr >> 5 & 7 : r->f.fcsr;
    uint64_t zero = 0;

    if (number == 0)
        memcpy(value, &zero, 8);
    else if (number < REG_F0)
        memcpy(value, &r->g.x[number % REG_PC], 8); /* the record has the pc in place of x0 */
    else if (number < REG_FFLAGS)
        memcpy(value, &r->f.f[number - REG_F0], 8);
    else
        memcpy(value, &word, 4);
}

void register_set(struct registers *r, unsigned number, const void *value)
{
    uint32_t word = 0;

    if (number >= REG_FFLAGS)
        memcpy(&word, value, 4);
    if (number == 0)
        return;
    if (number < REG_F0)
        memcpy(&r->g.x[number % REG_PC], value, 8);
    else if (number < REG_FFLAGS)
        memcpy(&r->f.f[number - REG_F0], value, 8);
    else if (number == REG_FFLAGS)
        r->f.fcsr = (r->f.fcsr & ~0x1fu) | (word & 0x1f);
    else if (number == REG_FRM)
        r->f.fcsr = (r->f.fcsr & ~0xe0u) | (word & 7) << 5;
    else
        r->f.fcsr = word & 0xff;
}
