/* SPDX-License-Identifier: Apache-2.0
 *
 * GCC target description of riscv64-unknown-qrv; copied to gcc/config/riscv by toolchain/port and read after
 * elfos.h, gnu-user.h, glibc-stdint.h and riscv/riscv.h. Says what the system is (macros), how its programs
 * are linked (start files, dynamic linker, hardening) and where its headers are. toolchain/bootstrap/qrv.specs
 * says the same to Debian's compiler: keep them alike.
 * Nearly every file of the compiler depends on this one.
 */

#define TARGET_OS_CPP_BUILTINS()                \
  do                                            \
    {                                           \
      builtin_define ("__QNX__=800");           \
      builtin_define ("__QNXNTO__=1");          \
      builtin_define ("__QRV__=1");             \
      builtin_define ("__ELF__");               \
      builtin_define_std ("unix");              \
      builtin_assert ("system=posix");          \
    }                                           \
  while (0)

/* The C library is musl with our system layer: glibc-stdint.h picks its types by this.  */
#undef OPTION_MUSL
#define OPTION_MUSL 1
#define OPTION_GLIBC 0

/* Programs may lie anywhere in the address space, so nothing assumes the lowest 2 GB.  */
#undef TARGET_DEFAULT_CMODEL
#define TARGET_DEFAULT_CMODEL CM_MEDANY

/* Threads are in libc itself, static or not: no weak references to find out whether they are there.  */
#undef GTHREAD_USE_WEAK
#define GTHREAD_USE_WEAK 0

#define ICACHE_FLUSH_FUNC "__riscv_flush_icache"

#undef CPP_SPEC
#define CPP_SPEC "%{pthread:-D_REENTRANT}"

/* Kernel-style code (freestanding, or without libraries) has nobody to report a smashed stack to.  */
#undef CC1_SPEC
#define CC1_SPEC "%{profile:-p} %{!fno-stack-protector:%{!fstack-protector*:%{!ffreestanding:\
%{!nostdlib:-fstack-protector-strong}}}}"

#define QRV_DYNAMIC_LINKER "/usr/lib/ldqnx-64.so.2"

#undef LINK_SPEC
#define LINK_SPEC "-melf64lriscv -X --hash-style=gnu --build-id -z relro -z now -z noexecstack \
%{mno-relax:--no-relax} %{shared} \
%{!shared:%{!static:%{!static-pie:%{!r:%{rdynamic:-export-dynamic} \
-dynamic-linker " QRV_DYNAMIC_LINKER "}}}} \
%{static:-static} %{static-pie:-static -pie --no-dynamic-linker -z text}"

/* Static programs find their unwind tables through the program headers too.  */
#undef LINK_EH_SPEC
#define LINK_EH_SPEC "%{!r:--eh-frame-hdr} "

#undef LIB_SPEC
#define LIB_SPEC "-lc"

#undef STARTFILE_PREFIX_SPEC
#define STARTFILE_PREFIX_SPEC "/usr/lib/ "

#define RISCV_USE_CUSTOMISED_MULTI_LIB select_by_abi

/* As on other systems with musl, its headers come before GCC's own: it brings a whole set. Nothing is
   looked for outside the sysroot and the compiler's own directories.  */
#undef INCLUDE_DEFAULTS
#define INCLUDE_DEFAULTS                                                                        \
  {                                                                                             \
    { GPLUSPLUS_INCLUDE_DIR, "G++", 1, 1, GPLUSPLUS_INCLUDE_DIR_ADD_SYSROOT, 0 },               \
    { GPLUSPLUS_TOOL_INCLUDE_DIR, "G++", 1, 1, GPLUSPLUS_INCLUDE_DIR_ADD_SYSROOT, 1 },          \
    { GPLUSPLUS_BACKWARD_INCLUDE_DIR, "G++", 1, 1, GPLUSPLUS_INCLUDE_DIR_ADD_SYSROOT, 0 },      \
    { NATIVE_SYSTEM_HEADER_DIR, 0, 0, 0, 1, 0 },                                                \
    { GCC_INCLUDE_DIR, "GCC", 0, 1, 0, 0 },                                                     \
    { 0, 0, 0, 0, 0, 0 }                                                                        \
  }
