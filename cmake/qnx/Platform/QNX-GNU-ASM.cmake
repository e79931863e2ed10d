# SPDX-License-Identifier: Apache-2.0
#
# GCC for QRV under the system name QNX, language ASM: what CMake's own QNX modules leave out.

include(Platform/QRV-link)
include(Platform/QRV-GNU)
__qrv_gnu(ASM)
