# SPDX-License-Identifier: Apache-2.0
#
# GCC for QRV, language C.

include(Platform/QRV-GNU)
__qrv_gnu(C)
