# SPDX-License-Identifier: Apache-2.0
#
# find_package(QRV [x.y]): found without any hint, because it lies in the sysroot (usr/lib/cmake/QRV).
# Gives QRV_SYSROOT, QRV_TOOL (the qrv command), the imported target QRV::resmgr and the functions of the
# module QRVFunctions.

if(NOT CMAKE_CROSSCOMPILING OR NOT QRV)
    set(QRV_FOUND FALSE)
    set(QRV_NOT_FOUND_MESSAGE
        "QRV programs are cross-compiled: configure with -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv.cmake")
    return()
endif()

get_filename_component(QRV_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

# The framework is part of libc; the target lets a project say what it needs.
if(NOT TARGET QRV::resmgr)
    add_library(QRV::resmgr INTERFACE IMPORTED)
endif()

include(QRVFunctions)
