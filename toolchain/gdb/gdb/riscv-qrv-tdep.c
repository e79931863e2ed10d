/* SPDX-License-Identifier: Apache-2.0
 *
 * GDB's knowledge of QRV on riscv64; copied to gdb/ by toolchain/port. Programs of ours carry no ABI note, so
 * this is the default OS ABI of a GDB configured for riscv64-unknown-qrv. A target description that
 * names another one wins, as everywhere in GDB.
 * Shared libraries: musl's dynamic linker keeps the SVR4 link map and calls _dl_debug_state.
 * Stepping: the processor has no single-step below machine mode, so GDB places breakpoints itself.
 * Signal frames are unwound by the call frame information of the C library's return stub.
 */
#include "gdbarch.h"
#include "osabi.h"
#include "riscv-tdep.h"
#include "solib-svr4.h"
#include "symtab.h"

static void
riscv_qrv_init_abi (struct gdbarch_info info, struct gdbarch *gdbarch)
{
  set_gdbarch_software_single_step (gdbarch, riscv_software_single_step);
  set_solib_svr4_fetch_link_map_offsets (gdbarch, svr4_lp64_fetch_link_map_offsets);
  set_gdbarch_skip_trampoline_code (gdbarch, find_solib_trampoline_target);
  set_gdbarch_fetch_tls_load_module_address (gdbarch, svr4_fetch_objfile_link_map);
}

void _initialize_riscv_qrv_tdep ();
void
_initialize_riscv_qrv_tdep ()
{
  gdbarch_register_osabi (bfd_arch_riscv, 0, GDB_OSABI_QRV, riscv_qrv_init_abi);
}
