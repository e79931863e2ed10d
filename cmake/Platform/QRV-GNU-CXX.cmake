# SPDX-License-Identifier: Apache-2.0
#
# GCC for QRV, language CXX.

include(Platform/QRV-GNU)
__qrv_gnu(CXX)
