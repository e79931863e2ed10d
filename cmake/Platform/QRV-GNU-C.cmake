# SPDX-License-Identifier: Apache-2.0
#
# GCC for QRV, language C. CMake passes absolute source paths to the compiler, so __FILE__ (assert!) would
# carry the developer's directory names into target programs; the map makes them relative to the project.

string(APPEND CMAKE_C_FLAGS_INIT " \"-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=\"")
