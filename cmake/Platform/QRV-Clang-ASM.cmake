# SPDX-License-Identifier: Apache-2.0
#
# A Clang that the user brings, language ASM. It takes the options of GCC and has to be told the target;
# the SDK has no Clang and tests none.

if(NOT CMAKE_ASM_COMPILER_TARGET)
    message(FATAL_ERROR "Clang needs -DCMAKE_ASM_COMPILER_TARGET=<triple>; without it, it makes programs of this machine")
endif()
include(Platform/QRV-GNU)
__qrv_gnu(ASM)
