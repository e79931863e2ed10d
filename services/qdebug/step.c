/* SPDX-License-Identifier: Apache-2.0 */
/* See step.h. */
#include "step.h"

struct instruction {
    uint32_t word;  /* its first 4 bytes, 2 if it is a compressed one */
    unsigned bytes;
};

static bool fetch(const struct step_code *code, uint64_t pc, struct instruction *i)
{
    uint16_t half;
    if (!code->read(code->context, pc, &half))
        return false;
    *i = (struct instruction){half, 2};
    if ((half & 3) != 3)
        return true;
    i->bytes = (half & 0x1f) != 0x1f ? 4 : (half & 0x3f) == 0x1f ? 6 : 8;
    if (!code->read(code->context, pc + 2, &half))
        return false;
    i->word |= (uint32_t)half << 16;
    return true;
}

/* count bits of word from bit from, moved to bit to. */
static uint32_t move(uint32_t word, unsigned from, unsigned count, unsigned to)
{
    return (word >> from & ((1u << count) - 1)) << to;
}

static uint64_t extend(uint32_t value, unsigned sign)
{
    return (uint64_t)value - ((uint64_t)(value >> sign & 1) << (sign + 1));
}

/* ---- immediates, in bytes */

static uint64_t jal_offset(uint32_t w)
{
    return extend(move(w, 31, 1, 20) | move(w, 12, 8, 12) | move(w, 20, 1, 11) | move(w, 21, 10, 1), 20);
}

static uint64_t branch_offset(uint32_t w)
{
    return extend(move(w, 31, 1, 12) | move(w, 7, 1, 11) | move(w, 25, 6, 5) | move(w, 8, 4, 1), 12);
}

static uint64_t cj_offset(uint32_t w)
{
    return extend(move(w, 12, 1, 11) | move(w, 11, 1, 4) | move(w, 9, 2, 8) | move(w, 8, 1, 10) | move(w, 7, 1, 6) | move(w, 6, 1, 7) |
                      move(w, 3, 3, 1) | move(w, 2, 1, 5), 11);
}

static uint64_t cb_offset(uint32_t w)
{
    return extend(move(w, 12, 1, 8) | move(w, 10, 2, 3) | move(w, 5, 2, 6) | move(w, 3, 2, 1) | move(w, 2, 1, 5), 8);
}

/* ---- what it does with the program counter */

enum flow { FLOW_ON, FLOW_BRANCH, FLOW_JUMP, FLOW_INDIRECT, FLOW_CALL, FLOW_TRAP };

struct effect {
    enum flow flow;
    uint64_t offset;      /* BRANCH, JUMP: to pc; INDIRECT: to the register */
    unsigned a, b, link;  /* registers: of the condition or of the target, and the one that is set */
    unsigned condition;   /* BRANCH: funct3 */
};

static struct effect effect_of_compressed(uint32_t w)
{
    unsigned quadrant = w & 3, funct3 = w >> 13, rd = w >> 7 & 31, rs2 = w >> 2 & 31;
    if (quadrant == 1 && funct3 == 5) /* c.j */
        return (struct effect){.flow = FLOW_JUMP, .offset = cj_offset(w)};
    if (quadrant == 1 && funct3 >= 6) /* c.beqz, c.bnez */
        return (struct effect){.flow = FLOW_BRANCH, .offset = cb_offset(w), .a = 8 + (w >> 7 & 7), .condition = funct3 - 6};
    if (quadrant != 2 || funct3 != 4 || rs2 != 0)
        return (struct effect){.flow = FLOW_ON};
    if (rd != 0) /* c.jr, c.jalr */
        return (struct effect){.flow = FLOW_INDIRECT, .a = rd, .link = w >> 12 & 1};
    return (struct effect){.flow = w >> 12 & 1 ? FLOW_TRAP : FLOW_ON}; /* c.ebreak, or nothing that there is */
}

static struct effect effect_of(const struct instruction *i)
{
    uint32_t w = i->word;
    unsigned funct3 = w >> 12 & 7, rd = w >> 7 & 31;
    if (i->bytes == 2)
        return effect_of_compressed(w);
    if (i->bytes == 4 && (w & 0x7f) == 0x6f)
        return (struct effect){.flow = FLOW_JUMP, .offset = jal_offset(w), .link = rd};
    if (i->bytes == 4 && (w & 0x707f) == 0x67)
        return (struct effect){.flow = FLOW_INDIRECT, .offset = extend(w >> 20, 11), .a = w >> 15 & 31, .link = rd};
    if (i->bytes == 4 && (w & 0x7f) == 0x63 && (funct3 < 2 || funct3 > 3))
        return (struct effect){.flow = FLOW_BRANCH, .offset = branch_offset(w), .a = w >> 15 & 31, .b = w >> 20 & 31, .condition = funct3};
    return (struct effect){.flow = w == 0x00000073 ? FLOW_CALL : w == 0x00100073 ? FLOW_TRAP : FLOW_ON};
}

static uint64_t value_of(const uint64_t x[32], unsigned number)
{
    return number != 0 ? x[number] : 0;
}

static bool is_taken(const struct effect *e, const uint64_t x[32])
{
    uint64_t a = value_of(x, e->a), b = value_of(x, e->b);
    bool is_true = e->condition < 2 ? a == b : e->condition < 6 ? (int64_t)a < (int64_t)b : a < b;
    return is_true != ((e->condition & 1) != 0);
}

/* ---- LR to SC */

/* funct5 of an atomic instruction, -1: another one. */
static int atomic(const struct instruction *i)
{
    unsigned funct3 = i->word >> 12 & 7;
    return i->bytes == 4 && (i->word & 0x7f) == 0x2f && (funct3 == 2 || funct3 == 3) ? (int)(i->word >> 27) : -1;
}
#define ATOMIC_LR 2
#define ATOMIC_SC 3

static void add_next(struct step *s, uint64_t addr)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->next[i] == addr)
            return;
    s->next[s->count++] = addr;
}

/* From lr, an LR at start: false if no SC follows in a straight line. */
static bool sequence(const struct step_code *code, uint64_t start, const struct instruction *lr, struct step *out)
{
    uint64_t targets[STEP_SEQUENCE_MAX], pc = start + lr->bytes;
    unsigned count = 0;
    for (unsigned n = 0; n < STEP_SEQUENCE_MAX; n++) {
        struct instruction i;
        if (!fetch(code, pc, &i) || atomic(&i) == ATOMIC_LR)
            return false;
        struct effect e = effect_of(&i);
        if (e.flow == FLOW_BRANCH)
            targets[count++] = pc + e.offset;
        else if (e.flow != FLOW_ON)
            return false;
        pc += i.bytes;
        if (atomic(&i) != ATOMIC_SC)
            continue;
        out->count = 0;
        add_next(out, pc);
        for (unsigned t = 0; t < count; t++)
            if (targets[t] < start || targets[t] >= pc)
                add_next(out, targets[t]);
        return true;
    }
    return false;
}

bool step_decode(const struct step_code *code, uint64_t pc, const uint64_t x[32], bool are_known, struct step *out)
{
    struct instruction i;
    *out = (struct step){.kind = STEP_PLAIN};
    if (!fetch(code, pc, &i))
        return false;
    struct effect e = effect_of(&i);
    out->after = pc + i.bytes;
    if (atomic(&i) == ATOMIC_LR && sequence(code, pc, &i, out))
        return true;
    if (e.flow == FLOW_TRAP) {
        out->kind = STEP_TRAP;
        return true;
    }
    out->kind = e.flow == FLOW_CALL ? STEP_CALL : STEP_PLAIN;
    if (e.flow == FLOW_INDIRECT)
        add_next(out, (value_of(x, e.a) + e.offset) & ~1ul);
    else if (e.flow == FLOW_JUMP || (e.flow == FLOW_BRANCH && (!are_known || is_taken(&e, x))))
        add_next(out, pc + e.offset);
    if (e.flow == FLOW_ON || e.flow == FLOW_CALL || (e.flow == FLOW_BRANCH && (!are_known || !is_taken(&e, x))))
        add_next(out, out->after);
    if (out->count == 1 && out->next[0] == pc) {
        out->kind = STEP_SELF;
        out->link = e.link;
    }
    return true;
}

/* ---- ranges */

static bool add_exit(struct step *s, uint64_t addr)
{
    if (s->count < STEP_NEXT_MAX)
        add_next(s, addr);
    return s->count < STEP_NEXT_MAX;
}

bool step_range(const struct step_code *code, uint64_t from, uint64_t to, uint64_t pc, struct step *out)
{
    struct instruction i;
    bool has_met = false;
    *out = (struct step){.kind = STEP_PLAIN};
    if (to <= from || to - from > STEP_RANGE_MAX || (from & 1))
        return false;
    for (uint64_t at = from; at - from < to - from; at += i.bytes) {
        if (!fetch(code, at, &i))
            return false;
        struct effect e = effect_of(&i);
        bool is_place = e.flow == FLOW_INDIRECT || e.flow == FLOW_CALL || e.flow == FLOW_TRAP, is_jump = e.flow == FLOW_BRANCH || e.flow == FLOW_JUMP;
        has_met = has_met || at == pc;
        if (is_place && (at == pc || !add_exit(out, at)))
            return false;
        if (is_jump && at + e.offset - from >= to - from && !add_exit(out, at + e.offset))
            return false;
        if (e.flow != FLOW_JUMP && !is_place && at + i.bytes - from >= to - from && !add_exit(out, at + i.bytes))
            return false;
    }
    return has_met;
}
