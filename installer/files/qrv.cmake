# SPDX-License-Identifier: Apache-2.0
# The toolchain file at the top of the SDK: cmake -DCMAKE_TOOLCHAIN_FILE=<sdk>/qrv.cmake
include("${CMAKE_CURRENT_LIST_DIR}/share/cmake/qrv.cmake")
