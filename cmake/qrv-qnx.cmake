# SPDX-License-Identifier: Apache-2.0
#
# Toolchain file for projects that ask for QNX by name: cmake -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv-qnx.cmake ...
# The same compiler and sysroot as qrv.cmake, but CMAKE_SYSTEM_NAME is QNX and QNX is true, so that
# if(QNX) and if(CMAKE_SYSTEM_NAME STREQUAL "QNX") branches of third-party projects are taken. CMake's own
# module Platform/QNX is used; it sets QNXNTO and UNIX. QRV is true as well.

set(QNX TRUE)
set(QRV TRUE)
set(_qrv_system_name QNX)
set(_qrv_system_version 8.0)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}/qnx")
include("${CMAKE_CURRENT_LIST_DIR}/qrv.cmake")
