# SPDX-License-Identifier: Apache-2.0
#
# CMake toolchain file of QRV: cmake -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv.cmake ...
# No environment variable is needed, and every variable that the user has set wins.
# The SDK is found from this file's own place (<sdk>/share/cmake). Inside the QRV source tree, where the
# parts lie elsewhere, the build passes QRV_TOOLCHAIN_DIR (has bin/) and QRV_SYSROOT.
# CMake reads this file several times, also in every try_compile: it must give the same result each time.

# qrv-qnx.cmake comes through here too, with another system name.
if(NOT _qrv_system_name)
    set(_qrv_system_name QRV)
    set(_qrv_system_version 1)
endif()
set(CMAKE_SYSTEM_NAME ${_qrv_system_name})
if(NOT DEFINED CMAKE_SYSTEM_VERSION)
    set(CMAKE_SYSTEM_VERSION ${_qrv_system_version})
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
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES QRV_TOOLCHAIN_DIR QRV_SYSROOT QRV_BOARD)
list(REMOVE_DUPLICATES CMAKE_TRY_COMPILE_PLATFORM_VARIABLES)

# Platform/QRV*.cmake and the qrv_*() functions.
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}" "${CMAKE_CURRENT_LIST_DIR}/modules")
list(REMOVE_DUPLICATES CMAKE_MODULE_PATH)

# The compiler is set even when it is missing: otherwise CMake would take the host's without a word.
# ar, ranlib, strip and the others are found beside it, by the same prefix.
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
# have to be in it: appended, never set, because the user may have given roots of his own. The
# environment's CMAKE_PREFIX_PATH is left alone: there it is the host's, as a rule.
list(APPEND CMAKE_FIND_ROOT_PATH "${CMAKE_SYSROOT}" ${CMAKE_PREFIX_PATH})
if(CMAKE_STAGING_PREFIX)
    list(APPEND CMAKE_FIND_ROOT_PATH "${CMAKE_STAGING_PREFIX}")
endif()
get_cmake_property(_qrv_variables CACHE_VARIABLES)
list(FILTER _qrv_variables INCLUDE REGEX "^[A-Za-z0-9_.+-]+_ROOT$") # -DFoo_ROOT=DIR, for find_package(Foo)
list(FILTER _qrv_variables EXCLUDE REGEX "^_?CMAKE_")
foreach(_qrv_variable IN LISTS _qrv_variables)
    foreach(_qrv_place IN LISTS ${_qrv_variable})
        if(IS_ABSOLUTE "${_qrv_place}" AND IS_DIRECTORY "${_qrv_place}")
            list(APPEND CMAKE_FIND_ROOT_PATH "${_qrv_place}")
        endif()
    endforeach()
endforeach()
list(REMOVE_DUPLICATES CMAKE_FIND_ROOT_PATH)
if(NOT DEFINED CMAKE_FIND_ROOT_PATH_MODE_PROGRAM)
    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
endif()
foreach(_qrv_mode LIBRARY INCLUDE PACKAGE)
    if(NOT DEFINED CMAKE_FIND_ROOT_PATH_MODE_${_qrv_mode})
        set(CMAKE_FIND_ROOT_PATH_MODE_${_qrv_mode} ONLY)
    endif()
endforeach()

# Programs of the target run on QRV in QEMU as if they were this machine's: ctest, try_run(),
# add_custom_command(COMMAND target). The host's directories are visible there under the same names.
if(NOT DEFINED CMAKE_CROSSCOMPILING_EMULATOR AND NOT DEFINED ENV{CMAKE_CROSSCOMPILING_EMULATOR})
    if(DEFINED QRV_TOOL)
        set(CMAKE_CROSSCOMPILING_EMULATOR "${QRV_TOOL};exec;--")
    else()
        set(CMAKE_CROSSCOMPILING_EMULATOR "${QRV_TOOLCHAIN_DIR}/bin/qrv;exec;--")
    endif()
endif()

# gtest_discover_tests() must not run a target program while it is being linked.
if(NOT DEFINED CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE)
    set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)
endif()

# pkg_check_modules() sees the sysroot, CMAKE_PREFIX_PATH, and nothing of the host.
if(NOT DEFINED PKG_CONFIG_EXECUTABLE AND EXISTS "${_qrv_tool}pkg-config")
    set(PKG_CONFIG_EXECUTABLE "${_qrv_tool}pkg-config")
elseif(NOT DEFINED ENV{PKG_CONFIG_LIBDIR})
    set(ENV{PKG_CONFIG_LIBDIR} "${CMAKE_SYSROOT}/usr/lib/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")
    set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CMAKE_SYSROOT}")
endif()

foreach(_qrv_variable sdk tool mode variables variable place system_name system_version)
    unset(_qrv_${_qrv_variable})
endforeach()
unset(_qrv_variable)
