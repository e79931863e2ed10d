# SPDX-License-Identifier: Apache-2.0
# The toolchain file at the top of the SDK for projects that ask for QNX by name.
include("${CMAKE_CURRENT_LIST_DIR}/share/cmake/qrv-qnx.cmake")
