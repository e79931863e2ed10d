# SPDX-License-Identifier: Apache-2.0
#
# What CMake has to know about linking for QRV: ELF with GNU ld, SONAMEs, $ORIGIN, dlopen() in libc.
# A project that overrides one of these sets the variable after project(), as on any platform.

set(CMAKE_DL_LIBS "")

foreach(_qrv_lang C CXX ASM)
    set(CMAKE_SHARED_LIBRARY_${_qrv_lang}_FLAGS "-fPIC")
    set(CMAKE_SHARED_LIBRARY_CREATE_${_qrv_lang}_FLAGS "-shared")
    set(CMAKE_SHARED_LIBRARY_RUNTIME_${_qrv_lang}_FLAG "-Wl,-rpath,")
    set(CMAKE_SHARED_LIBRARY_RUNTIME_${_qrv_lang}_FLAG_SEP ":")
    set(CMAKE_SHARED_LIBRARY_RPATH_LINK_${_qrv_lang}_FLAG "-Wl,-rpath-link,")
    set(CMAKE_EXE_EXPORTS_${_qrv_lang}_FLAG "-Wl,--export-dynamic")
    set(CMAKE_SHARED_LIBRARY_SONAME_${_qrv_lang}_FLAG "-Wl,-soname,")
endforeach()

# These decide whether -lNAME may be a static or a shared library within one link line.
foreach(_qrv_type SHARED_LIBRARY SHARED_MODULE EXE)
    set(CMAKE_${_qrv_type}_LINK_STATIC_C_FLAGS "-Wl,-Bstatic")
    set(CMAKE_${_qrv_type}_LINK_DYNAMIC_C_FLAGS "-Wl,-Bdynamic")
endforeach()

# A library without SONAME is named by -l: its path would otherwise be recorded as NEEDED.
set(CMAKE_PLATFORM_USES_PATH_WHEN_NO_SONAME 1)

include(Platform/QRV-link)
include(Platform/QRV-add-test)
include(Platform/UnixPaths)

unset(_qrv_lang)
unset(_qrv_type)
