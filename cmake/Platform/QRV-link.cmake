# SPDX-License-Identifier: Apache-2.0
#
# Properties of linking that Platform/QRV and CMake's Platform/QNX (through qrv-qnx.cmake) have in common.

set(CMAKE_LINK_GROUP_USING_RESCAN "LINKER:--start-group" "LINKER:--end-group")
set(CMAKE_LINK_GROUP_USING_RESCAN_SUPPORTED TRUE)

# Without these two the build directory of the host ends up in the RUNPATH of target programs.
set(CMAKE_SHARED_LIBRARY_RPATH_ORIGIN_TOKEN "\$ORIGIN")
if(NOT DEFINED CMAKE_BUILD_RPATH_USE_ORIGIN)
    set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
endif()
