/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What our plugins use of QEMU's interface for TCG plugins, declared here because Debian ships no header of it. The functions are in
 * the emulator itself. Reference: https://www.qemu.org/docs/master/devel/tcg-plugins.html
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define QEMU_EXPORT __attribute__((visibility("default")))
#define QEMU_INTERFACE 4 /* its version; QEMU 10.0 and later know it */

typedef uint64_t qemu_plugin_id_t;
struct qemu_info_t;      /* the machine: not looked at */
struct qemu_plugin_tb;   /* a piece of translated code that runs from its first instruction on */
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;
typedef uint32_t qemu_meminfo_t;
enum qemu_registers { QEMU_NO_REGISTERS };
enum qemu_accesses { QEMU_STORES = 2 };

typedef void (*qemu_translated_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_executed_fn)(unsigned vcpu, void *arg);
typedef void (*qemu_accessed_fn)(unsigned vcpu, qemu_meminfo_t info, uint64_t vaddr, void *arg);
typedef void (*qemu_exit_fn)(qemu_plugin_id_t id, void *arg);

/* Ours: QEMU looks for these two. */
extern QEMU_EXPORT int qemu_plugin_version;
QEMU_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_translated_fn fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_executed_fn fn, enum qemu_registers regs,
                                          void *arg);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_executed_fn fn, enum qemu_registers regs, void *arg);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_accessed_fn fn, enum qemu_registers regs,
                                      enum qemu_accesses accesses, void *arg);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_exit_fn fn, void *arg);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t bytes);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn); /* in the emulator's memory; NULL: not RAM */
unsigned qemu_plugin_mem_size_shift(qemu_meminfo_t info);
const struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_meminfo_t info, uint64_t vaddr); /* inside a qemu_accessed_fn */
_Bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *hw);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *hw);
