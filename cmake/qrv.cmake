# SPDX-License-Identifier: Apache-2.0
#
# CMake toolchain file of QRV: cmake -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv.cmake ...
# No environment variable is needed, and every variable that the user has set wins.
# The SDK is found from this file's own place (<sdk>/share/cmake). Inside the QRV source tree, where the
# parts lie elsewhere, the build passes QRV_TOOLCHAIN_DIR (has bin/) and QRV_SYSROOT.
# CMake reads this file several times, also in every try_compile: it must give the same result each time.

set(CMAKE_SYSTEM_NAME QRV)
if(NOT DEFINED CMAKE_SYSTEM_VERSION)
    set(CMAKE_SYSTEM_VERSION 1)
endif()
if(NOT DEFINED CMAKE_SYSTEM_PROCESSOR)
    set(CMAKE_SYSTEM_PROCESSOR riscv64)
endif()

get_filename_component(_qrv_sdk "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
if(NOT DEFINED QRV_TOOLCHAIN_DIR)
    set(QRV_TOOLCHAIN_DIR "${_qrv_sdk}")
endif()
if(NOT DEFINED QRV_SYSROOT)
    set(QRV_SYSROOT "${_qrv_sdk}/sysroot")
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES QRV_TOOLCHAIN_DIR QRV_SYSROOT)
list(REMOVE_DUPLICATES CMAKE_TRY_COMPILE_PLATFORM_VARIABLES)

# Platform/QRV*.cmake and the qrv_*() functions.
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}" "${CMAKE_CURRENT_LIST_DIR}/modules")
list(REMOVE_DUPLICATES CMAKE_MODULE_PATH)

# The compiler is set even when it is missing: otherwise CMake would take the host's without a word.
set(_qrv_tool "${QRV_TOOLCHAIN_DIR}/bin/riscv64-unknown-qrv-")
if(NOT DEFINED CMAKE_C_COMPILER)
    set(CMAKE_C_COMPILER "${_qrv_tool}gcc")
endif()
if(NOT DEFINED CMAKE_CXX_COMPILER)
    set(CMAKE_CXX_COMPILER "${_qrv_tool}g++")
endif()
if(NOT DEFINED CMAKE_ASM_COMPILER)
    set(CMAKE_ASM_COMPILER "${_qrv_tool}gcc")
endif()

if(NOT DEFINED CMAKE_SYSROOT)
    set(CMAKE_SYSROOT "${QRV_SYSROOT}")
endif()

# The modes below hide everything outside the root path, so the places that the user names explicitly
# have to be in it: appended, never set, because the user may have given roots of his own.
list(APPEND CMAKE_FIND_ROOT_PATH "${CMAKE_SYSROOT}" ${CMAKE_PREFIX_PATH})
if(CMAKE_STAGING_PREFIX)
    list(APPEND CMAKE_FIND_ROOT_PATH "${CMAKE_STAGING_PREFIX}")
endif()
list(REMOVE_DUPLICATES CMAKE_FIND_ROOT_PATH)
if(NOT DEFINED CMAKE_FIND_ROOT_PATH_MODE_PROGRAM)
    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
endif()
foreach(_qrv_mode LIBRARY INCLUDE PACKAGE)
    if(NOT DEFINED CMAKE_FIND_ROOT_PATH_MODE_${_qrv_mode})
        set(CMAKE_FIND_ROOT_PATH_MODE_${_qrv_mode} ONLY)
    endif()
endforeach()

# gtest_discover_tests() must not run a target program while it is being linked.
if(NOT DEFINED CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE)
    set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)
endif()

if(NOT DEFINED ENV{PKG_CONFIG_LIBDIR})
    set(ENV{PKG_CONFIG_LIBDIR} "${CMAKE_SYSROOT}/usr/lib/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")
    set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CMAKE_SYSROOT}")
endif()

unset(_qrv_sdk)
unset(_qrv_tool)
unset(_qrv_mode)
