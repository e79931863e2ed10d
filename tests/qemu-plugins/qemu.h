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
enum qemu_registers { QEMU_NO_REGISTERS };

typedef void (*qemu_translated_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_executed_fn)(unsigned vcpu, void *arg);
typedef void (*qemu_exit_fn)(qemu_plugin_id_t id, void *arg);

/* Ours: QEMU looks for these two. */
extern QEMU_EXPORT int qemu_plugin_version;
QEMU_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_translated_fn fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_executed_fn fn, enum qemu_registers regs,
                                          void *arg);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_exit_fn fn, void *arg);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t bytes);
