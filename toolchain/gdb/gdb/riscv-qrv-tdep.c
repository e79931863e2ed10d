/* SPDX-License-Identifier: Apache-2.0
 *
 * GDB's knowledge of QRV on riscv64; copied to gdb/ by toolchain/port. Programs of ours carry no ABI note, so
 * this is the default OS ABI of a GDB configured for riscv64-unknown-qrv. A target description that
 * names another one wins, as everywhere in GDB.
 * Shared libraries: musl's dynamic linker keeps the SVR4 link map and calls _dl_debug_state.
 * Stepping: the processor has no single-step below machine mode. A stub that steps all the same (qdebug, QEMU)
 * says so in vCont?, and then steps; with any other GDB places breakpoints itself.
 * Core files: dumper's, whose notes are those of 64-bit Linux.
 * Signal frames are unwound by the call frame information of the C library's return stub.
 */
#include "gdbarch.h"
#include "gdbcore.h"
#include "gdbtypes.h"
#include "inferior.h"
#include "osabi.h"
#include "regcache.h"
#include "regset.h"
#include "riscv-tdep.h"
#include "solib-svr4.h"
#include "symtab.h"
#include "target.h"

#include <map>

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

static std::vector<CORE_ADDR>
riscv_qrv_software_single_step (struct regcache *regcache)
{
  if (target_can_do_single_step () == 1)
    return {};
  return riscv_software_single_step (regcache);
}

/* $_siginfo: the fields of siginfo_t under the names that GDB's manual shows. */

static void
add_sender (struct type *fields, struct type *i, struct type *u)
{
  append_composite_type_field (fields, "si_pid", i);
  append_composite_type_field (fields, "si_uid", u);
}

static struct type *
new_struct (struct gdbarch *gdbarch)
{
  return arch_composite_type (gdbarch, NULL, TYPE_CODE_STRUCT);
}

static struct type *
make_siginfo_fields (struct gdbarch *gdbarch)
{
  const struct builtin_type *known = builtin_type (gdbarch);
  struct type *i = known->builtin_int, *u = known->builtin_unsigned_int;
  struct type *pointer = lookup_pointer_type (known->builtin_void);
  struct type *value = arch_composite_type (gdbarch, NULL, TYPE_CODE_UNION);
  struct type *fields = arch_composite_type (gdbarch, NULL, TYPE_CODE_UNION);
  struct type *sent = new_struct (gdbarch), *queued = new_struct (gdbarch);
  struct type *child = new_struct (gdbarch), *fault = new_struct (gdbarch);

  append_composite_type_field (value, "sival_int", i);
  append_composite_type_field (value, "sival_ptr", pointer);
  add_sender (sent, i, u);
  add_sender (queued, i, u);
  append_composite_type_field (queued, "si_sigval", value);
  add_sender (child, i, u);
  append_composite_type_field (child, "si_status", i);
  append_composite_type_field (fault, "si_addr", pointer);
  append_composite_type_field (fields, "_pad", init_vector_type (known->builtin_long, 14));
  append_composite_type_field (fields, "_kill", sent);
  append_composite_type_field (fields, "_rt", queued);
  append_composite_type_field (fields, "_sigchld", child);
  append_composite_type_field (fields, "_sigfault", fault);
  return fields;
}

static struct type *
riscv_qrv_get_siginfo_type (struct gdbarch *gdbarch)
{
  static std::map<struct gdbarch *, struct type *> made;
  struct type *&type = made[gdbarch];

  if (type == nullptr)
    {
      struct type *i = builtin_type (gdbarch)->builtin_int;
      type = new_struct (gdbarch);
      type->set_name (xstrdup ("siginfo"));
      append_composite_type_field (type, "si_signo", i);
      append_composite_type_field (type, "si_errno", i);
      append_composite_type_field (type, "si_code", i);
      append_composite_type_field_aligned (type, "_sifields", make_siginfo_fields (gdbarch), 8);
    }
  return type;
}

static LONGEST
riscv_qrv_core_xfer_siginfo (struct gdbarch *gdbarch, gdb_byte *readbuf, ULONGEST offset, ULONGEST len)
{
  thread_section_name name (".note.linuxcore.siginfo", inferior_ptid);
  asection *section = bfd_get_section_by_name (current_program_space->core_bfd (), name.c_str ());

  if (section == NULL)
    return -1;
  return bfd_get_section_contents (current_program_space->core_bfd (), section, readbuf, offset, len) ? len : -1;
}

static void
riscv_qrv_init_abi (struct gdbarch_info info, struct gdbarch *gdbarch)
{
  set_gdbarch_software_single_step (gdbarch, riscv_qrv_software_single_step);
  set_gdbarch_get_siginfo_type (gdbarch, riscv_qrv_get_siginfo_type);
  set_gdbarch_core_xfer_siginfo (gdbarch, riscv_qrv_core_xfer_siginfo);
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
