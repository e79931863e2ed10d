/* SPDX-License-Identifier: Apache-2.0
 *
 * GDB's knowledge of QRV on riscv64; copied to gdb/ by toolchain/port. Programs of ours carry no ABI note, so
 * this is the default OS ABI of a GDB configured for riscv64-unknown-qrv. A target description that
 * names another one wins, as everywhere in GDB.
 * Shared libraries: musl's dynamic linker keeps the SVR4 link map and calls _dl_debug_state.
 * Stepping: the processor has no single-step below machine mode, so GDB places breakpoints itself.
 * Core files: dumper's, whose notes are those of 64-bit Linux.
 * Signal frames are unwound by the call frame information of the C library's return stub.
 */
#include "gdbarch.h"
#include "osabi.h"
#include "regcache.h"
#include "regset.h"
#include "riscv-tdep.h"
#include "solib-svr4.h"
#include "symtab.h"

static const struct regcache_map_entry riscv_qrv_gregmap[] = {
  { 1, RISCV_PC_REGNUM },
  { 31, RISCV_RA_REGNUM }, /* x1 to x31 */
  { 0 }
};

static const struct regcache_map_entry riscv_qrv_fregmap[] = {
  { 32, RISCV_FIRST_FP_REGNUM, 8 },
  { 1, RISCV_CSR_FCSR_REGNUM, 4 },
  { 1, REGCACHE_MAP_SKIP, 4 },
  { 0 }
};

static const struct regset riscv_qrv_gregset = { riscv_qrv_gregmap, regcache_supply_regset, regcache_collect_regset };
static const struct regset riscv_qrv_fregset = { riscv_qrv_fregmap, regcache_supply_regset, regcache_collect_regset };

static void
riscv_qrv_iterate_over_regset_sections (struct gdbarch *gdbarch, iterate_over_regset_sections_cb *cb, void *cb_data,
                                        const struct regcache *regcache)
{
  cb (".reg", 32 * 8, 32 * 8, &riscv_qrv_gregset, NULL, cb_data);
  cb (".reg2", 33 * 8, 33 * 8, &riscv_qrv_fregset, NULL, cb_data);
}

static std::string
riscv_qrv_core_pid_to_str (struct gdbarch *gdbarch, ptid_t ptid)
{
  return string_printf ("Thread %ld", ptid.lwp () ? ptid.lwp () : (long) ptid.pid ());
}

static void
riscv_qrv_init_abi (struct gdbarch_info info, struct gdbarch *gdbarch)
{
  set_gdbarch_software_single_step (gdbarch, riscv_software_single_step);
  set_solib_svr4_fetch_link_map_offsets (gdbarch, svr4_lp64_fetch_link_map_offsets);
  set_gdbarch_skip_trampoline_code (gdbarch, find_solib_trampoline_target);
  set_gdbarch_iterate_over_regset_sections (gdbarch, riscv_qrv_iterate_over_regset_sections);
  set_gdbarch_core_pid_to_str (gdbarch, riscv_qrv_core_pid_to_str);
  set_gdbarch_fetch_tls_load_module_address (gdbarch, svr4_fetch_objfile_link_map);
}

void _initialize_riscv_qrv_tdep ();
void
_initialize_riscv_qrv_tdep ()
{
  gdbarch_register_osabi (bfd_arch_riscv, 0, GDB_OSABI_QRV, riscv_qrv_init_abi);
}
