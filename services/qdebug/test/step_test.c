/* SPDX-License-Identifier: Apache-2.0 */
/* Host unit test of the step decoder: encodings as the assembler makes them, and where they lead.  Prints TAP. */
#include "../step.h"

#include <stdio.h>
#include <string.h>

#define AT 0x200000
#define BEHIND 0x4000 /* ra */

static int results, failures;

static void check(bool pass, const char *what)
{
    results++;
    if (!pass)
        failures++;
    printf("%sok %d - %s\n", pass ? "" : "not ", results, what);
}

struct text {
    uint64_t base;
    const uint16_t *halves;
    size_t count;
};

static bool read_text(const void *context, uint64_t addr, uint16_t *half)
{
    const struct text *t = context;
    uint64_t i = (addr - t->base) / 2;
    if (addr < t->base || (addr & 1) || i >= t->count)
        return false;
    *half = t->halves[i];
    return true;
}

static bool decode(uint64_t pc, const uint16_t *halves, size_t count, bool are_known, struct step *out)
{
    const struct text text = {pc, halves, count};
    /* a0 5, a1 7, a2 -1, a4 0, s1 0, a5 an odd address; x[0] is none of them and must not be taken for one */
    const uint64_t x[32] = {[0] = 99, [1] = BEHIND, [5] = 0x5000, [10] = 5, [11] = 7, [12] = ~0ul, [15] = 0x12345};
    return step_decode(&(struct step_code){read_text, &text}, pc, x, are_known, out);
}

/* ---- single instructions, with known registers */

static const struct {
    const char *text;
    uint64_t pc;
    uint32_t word;
    enum step_kind kind;
    uint64_t next;
} table[] = {
    {"jal x0, far ahead", 0x200000, 0x7fe0006f, STEP_PLAIN, 0x2007fe},
    {"jal ra, back", 0x200004, 0x801ff0ef, STEP_PLAIN, 0x1ff804},
    {"jal, as far ahead as it goes", 0x200008, 0x7ffff06f, STEP_PLAIN, 0x300006},
    {"jal, as far back as it goes", 0x20000c, 0x800002ef, STEP_PLAIN, 0x10000c},
    {"ret", 0x200010, 0x00008067, STEP_PLAIN, BEHIND},
    {"jalr ra, -3(a5): the lowest bit is dropped", 0x200014, 0xffd780e7, STEP_PLAIN, 0x12342},
    {"jalr t0, 2047(t0): target and link are one register", 0x200018, 0x7ff282e7, STEP_PLAIN, 0x57fe},
    {"beq a0, a1 not taken", 0x20001c, 0x7eb50fe3, STEP_PLAIN, 0x200020},
    {"bne a0, a1 taken, as far back as it goes", 0x200020, 0x80b51063, STEP_PLAIN, 0x1ff020},
    {"blt a0, a1 taken", 0x200024, 0x00b54463, STEP_PLAIN, 0x20002c},
    {"bge a0, a1 not taken", 0x200028, 0x00b55863, STEP_PLAIN, 0x20002c},
    {"bltu a0, a1 taken", 0x20002c, 0x7eb56f63, STEP_PLAIN, 0x20082a},
    {"bgeu a0, a1 not taken", 0x200030, 0xfeb57fe3, STEP_PLAIN, 0x200034},
    {"blt a2, a0: signed", 0x200000, 0x00a64463, STEP_PLAIN, 0x200008},
    {"bltu a2, a0: unsigned", 0x200000, 0x00a66463, STEP_PLAIN, 0x200004},
    {"beq x0, x0: no register", 0x200000, 0x00000463, STEP_PLAIN, 0x200008},
    {"c.j ahead", 0x200034, 0xaffd, STEP_PLAIN, 0x200832},
    {"c.j back", 0x200036, 0xb001, STEP_PLAIN, 0x1ff836},
    {"c.j with every second bit", 0x200038, 0xa46d, STEP_PLAIN, 0x2002e2},
    {"c.beqz a0 not taken", 0x20003a, 0xcd7d, STEP_PLAIN, 0x20003c},
    {"c.bnez a1 taken, back", 0x20003c, 0xf181, STEP_PLAIN, 0x1fff3c},
    {"c.beqz s1 taken", 0x20003e, 0xc8b1, STEP_PLAIN, 0x200092},
    {"c.jr a5", 0x200040, 0x8782, STEP_PLAIN, 0x12344},
    {"c.jalr a5", 0x200042, 0x9782, STEP_PLAIN, 0x12344},
    {"c.mv is no jump", 0x200044, 0x852e, STEP_PLAIN, 0x200046},
    {"c.add is none", 0x200046, 0x952e, STEP_PLAIN, 0x200048},
    {"c.ebreak", 0x200048, 0x9002, STEP_TRAP, 0},
    {"ebreak", 0x200048, 0x00100073, STEP_TRAP, 0},
    {"ecall", 0x20004c, 0x00000073, STEP_CALL, 0x200050},
    {"sret is for the processor to refuse", 0x20004c, 0x10200073, STEP_PLAIN, 0x200050},
    {"addi", 0x200050, 0x00150513, STEP_PLAIN, 0x200054},
    {"sc without an lr", 0x200058, 0x18a5b62f, STEP_PLAIN, 0x20005c},
    {"lr without an sc", 0x200058, 0x1005a52f, STEP_PLAIN, 0x20005c},
    {"amoswap", 0x20006e, 0x08b6252f, STEP_PLAIN, 0x200072},
    {"jump to itself", 0x200060, 0x0000006f, STEP_SELF, 0x200060},
    {"c.j to itself", 0x200064, 0xa001, STEP_SELF, 0x200064},
    {"branch to itself", 0x20006a, 0x00000063, STEP_SELF, 0x20006a},
    {"half a branch encoding that is none", 0x200000, 0x00002063, STEP_PLAIN, 0x200004},
    {"zero", 0x200000, 0x0000, STEP_PLAIN, 0x200002},
    {"6 bytes", 0x200000, 0x0000001f, STEP_PLAIN, 0x200006},
    {"8 bytes", 0x200000, 0x0000003f, STEP_PLAIN, 0x200008},
};

static void single(void)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const uint16_t halves[2] = {(uint16_t)table[i].word, (uint16_t)(table[i].word >> 16)};
        struct step s;
        bool is_right = decode(table[i].pc, halves, (table[i].word & 3) == 3 ? 2 : 1, true, &s) && s.kind == table[i].kind;
        if (table[i].kind == STEP_TRAP)
            is_right = is_right && s.count == 0;
        else
            is_right = is_right && s.count == 1 && s.next[0] == table[i].next;
        check(is_right, table[i].text);
    }
}

/* ---- sequences */

static bool leads_to(const struct step *s, unsigned count, uint64_t first, uint64_t second)
{
    return s->kind == STEP_PLAIN && s->count == count && s->next[0] == first && (count < 2 || s->next[1] == second);
}
#define HALVES(word) (uint16_t)(word), (uint16_t)((uint32_t)(word) >> 16)
#define LR HALVES(0x1005a52f)
#define SC HALVES(0x1ac5a72f)
#define ADDI HALVES(0x00150513)
#define COUNT(array) (sizeof(array) / sizeof *(array))

static void sequences(void)
{
    struct step s;
    const uint16_t plain[] = {LR, ADDI, SC};
    check(decode(AT, plain, COUNT(plain), true, &s) && leads_to(&s, 1, AT + 12, 0), "lr to sc is one step");
    const uint16_t leaves[] = {LR, HALVES(0x00c51663), SC}; /* bne a0, a2, .+12: behind the sequence and one more */
    check(decode(AT, leaves, COUNT(leaves), true, &s) && leads_to(&s, 2, AT + 12, AT + 16), "a branch leaves it");
    const uint16_t stays[] = {LR, HALVES(0x00c51463), ADDI, SC}; /* bne a0, a2, .+8 */
    check(decode(AT, stays, COUNT(stays), true, &s) && leads_to(&s, 1, AT + 16, 0), "a branch inside of it");
    const uint16_t compressed[] = {LR, 0xfb6d, SC}; /* c.bnez a4, .-14 */
    check(decode(AT, compressed, COUNT(compressed), true, &s) && leads_to(&s, 2, AT + 10, AT - 10), "a compressed branch leaves it");
    const uint16_t jumps[] = {LR, 0xa001, SC};
    check(decode(AT, jumps, COUNT(jumps), true, &s) && leads_to(&s, 1, AT + 4, 0), "with a jump in it it is none");
    const uint16_t calls[] = {LR, HALVES(0x00000073), SC};
    check(decode(AT, calls, COUNT(calls), true, &s) && leads_to(&s, 1, AT + 4, 0), "with a kernel call in it it is none");
    const uint16_t again[] = {LR, LR, SC};
    check(decode(AT, again, COUNT(again), true, &s) && leads_to(&s, 1, AT + 4, 0), "the second lr takes the place of the first");

    uint16_t longest[2 * (STEP_SEQUENCE_MAX + 2)], branch[2] = {HALVES(0x02c51463)}; /* bne a0, a2, .+40 */
    const uint16_t lr[2] = {LR}, sc[2] = {SC};
    memcpy(longest, lr, 4);
    for (size_t i = 1; i <= STEP_SEQUENCE_MAX; i++)
        memcpy(longest + 2 * i, branch, 4);
    memcpy(longest + 2 * STEP_SEQUENCE_MAX, sc, 4);
    check(decode(AT, longest, COUNT(longest), true, &s) && s.next[0] == AT + 4 * (STEP_SEQUENCE_MAX + 1) && s.count == 9, "the longest one");
    memcpy(longest + 2 * STEP_SEQUENCE_MAX, branch, 4);
    memcpy(longest + 2 * STEP_SEQUENCE_MAX + 2, sc, 4);
    check(decode(AT, longest, COUNT(longest), true, &s) && leads_to(&s, 1, AT + 4, 0), "a longer one is none");
}

static void others(void)
{
    struct step s;
    const uint16_t branch[] = {HALVES(0x00b54463)}, link[] = {HALVES(0x0000036f)};
    check(decode(AT, branch, 2, false, &s) && leads_to(&s, 2, AT + 8, AT + 4), "a branch on registers that may change goes both ways");
    check(decode(AT, link, 2, true, &s) && s.kind == STEP_SELF && s.link == 6 && s.after == AT + 4, "a call of itself sets its register");
    check(!decode(AT, branch, 1, true, &s), "half an instruction can be read");
    check(!decode(AT, branch, 0, true, &s), "nothing can be read");
    const uint16_t end[] = {LR, ADDI};
    check(decode(AT, end, COUNT(end), true, &s) && leads_to(&s, 1, AT + 4, 0), "a sequence that runs out of the memory is none");
}

/* ---- ranges */

static bool range(const uint16_t *halves, size_t count, uint64_t bytes, uint64_t pc, struct step *out)
{
    const struct text text = {AT, halves, count};
    return step_range(&(struct step_code){read_text, &text}, AT, AT + bytes, pc, out);
}

static void ranges(void)
{
    struct step s;
    const uint16_t loop[] = {ADDI, 0x0505, HALVES(0xfeb54de3), 0x0505}; /* addi; c.addi; blt a0, a1, .-6; behind it */
    check(range(loop, COUNT(loop), 10, AT, &s) && leads_to(&s, 1, AT + 10, 0), "a loop is left at its end");
    check(range(loop, COUNT(loop), 10, AT + 4, &s) && leads_to(&s, 1, AT + 10, 0), "from its middle, too");
    check(!range(loop, COUNT(loop), 10, AT + 2, &s), "in the middle of an instruction there is no way to tell");
    check(!range(loop, COUNT(loop), 10, AT + 10, &s), "nor behind the range");
    check(range(loop, COUNT(loop), 9, AT, &s) && leads_to(&s, 1, AT + 10, 0), "an instruction that begins in it belongs to it");
    const uint16_t leaves[] = {HALVES(0x00b54463), 0x0505, 0xb001}; /* blt .+8; c.addi; c.j far back */
    check(range(leaves, COUNT(leaves), 8, AT, &s) && leads_to(&s, 2, AT + 8, AT + 6 - 0x800), "branches and jumps leave it");
    const uint16_t calls[] = {0x0505, HALVES(0x00000073), 0x9782, 0x0505}; /* c.addi; ecall; c.jalr; c.addi */
    check(range(calls, COUNT(calls), 10, AT, &s) && s.count == 3 && s.next[0] == AT + 2 && s.next[1] == AT + 6 && s.next[2] == AT + 10,
          "calls are places of their own");
    check(!range(calls, COUNT(calls), 10, AT + 2, &s) && !range(calls, COUNT(calls), 10, AT + 6, &s), "where it goes step by step");
    check(range(calls, COUNT(calls), 10, AT + 8, &s), "and on behind them");
    const uint16_t ever[] = {0xa001};
    check(range(ever, COUNT(ever), 2, AT, &s) && s.count == 0, "a range that is never left");
    check(!range(loop, COUNT(loop), 0, AT, &s) && !range(loop, COUNT(loop), STEP_RANGE_MAX + 2, AT, &s), "an empty one, and one that is no line");
    check(!range(loop, 3, 10, AT, &s), "one that cannot be read");
    uint16_t many[STEP_NEXT_MAX + 1] = {0x0505};
    for (size_t i = 1; i <= STEP_NEXT_MAX; i++)
        many[i] = 0x9782;
    check(!range(many, COUNT(many), sizeof many, AT, &s), "one with too many places");
    check(range(many, COUNT(many), sizeof many - 2, AT, &s) && s.count == STEP_NEXT_MAX - 1, "and with as many as there may be");
}

int main(void)
{
    single();
    sequences();
    others();
    ranges();
    printf("1..%d\n", results);
    return failures != 0;
}
