# SPDX-License-Identifier: Apache-2.0
#
# GCC for QRV, language ASM.

include(Platform/QRV-GNU)
__qrv_gnu(ASM)
