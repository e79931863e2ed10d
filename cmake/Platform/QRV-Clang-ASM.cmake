# SPDX-License-Identifier: Apache-2.0
#
# A Clang that the user brings (CMAKE_ASM_COMPILER), language ASM: it takes the options of GCC.

include(Platform/QRV-GNU)
__qrv_gnu(ASM)
