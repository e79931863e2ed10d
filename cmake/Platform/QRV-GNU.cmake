# SPDX-License-Identifier: Apache-2.0
#
# GCC and Clang for QRV, any language: no directory name of the build machine in a target program.
#  * __FILE__, which assert() uses: the compiler gets absolute names from CMake, so maps are needed in every
#    build. They stand in the compile rule, where a user's CMAKE_C_FLAGS cannot lose them, in front of the
#    flags, so that a map of the user's own still wins.
#  * Debug information keeps the true names in Debug builds, which is what a debugger on this machine
#    wants. The other configurations have them relative to the project; GDB started there finds the sources.
# A name below one of the roots (the sysroot, a staging prefix) becomes the name on the target.

if(COMMAND __qrv_gnu)
    return()
endif()

# Appends "option=FROM=TO" words, quoted for a command line, to the string out.
macro(__qrv_prefix_maps out option)
    # Sources that lie beside the project, or further up: relative to it as well, the furthest first.
    set(_qrv_pairs)
    set(_qrv_root "${CMAKE_SOURCE_DIR}")
    set(_qrv_up "")
    while(_qrv_root MATCHES "^(/.+)/[^/]+$")
        set(_qrv_root "${CMAKE_MATCH_1}")
        string(APPEND _qrv_up "../")
        list(PREPEND _qrv_pairs "${_qrv_root}/|${_qrv_up}")
    endwhile()
    list(APPEND _qrv_pairs "${CMAKE_SOURCE_DIR}/|./")
    # A build directory inside the project is mapped by the line above.
    string(FIND "${CMAKE_BINARY_DIR}/" "${CMAKE_SOURCE_DIR}/" _qrv_at)
    if(NOT _qrv_at EQUAL 0)
        list(APPEND _qrv_pairs "${CMAKE_BINARY_DIR}|./build")
    elseif(CMAKE_BINARY_DIR STREQUAL CMAKE_SOURCE_DIR)
        list(APPEND _qrv_pairs "${CMAKE_SOURCE_DIR}|.")
    endif()
    list(APPEND _qrv_pairs "${QRV_TOOLCHAIN_DIR}/|/usr/lib/qrv-sdk/")
    foreach(_qrv_root IN LISTS CMAKE_FIND_ROOT_PATH)
        list(APPEND _qrv_pairs "${_qrv_root}/|/")
    endforeach()
    foreach(_qrv_pair IN LISTS _qrv_pairs)
        # GCC takes the last map that fits. Names that no quoting gets through every build tool are left out.
        if(NOT _qrv_pair MATCHES "[\"$`\\\\=]" AND _qrv_pair MATCHES "^([^|]+[^/|][^|]*)[|]([^|]*)$")
            string(APPEND ${out} " \"${option}=${CMAKE_MATCH_1}=${CMAKE_MATCH_2}\"")
        endif()
    endforeach()
    unset(_qrv_pairs)
    unset(_qrv_root)
    unset(_qrv_up)
    unset(_qrv_pair)
    unset(_qrv_at)
endmacro()

macro(__qrv_gnu lang)
    if(NOT CMAKE_${lang}_COMPILE_OBJECT)
        set(_qrv_maps "")
        __qrv_prefix_maps(_qrv_maps "-fmacro-prefix-map")
        set(CMAKE_${lang}_COMPILE_OBJECT "<CMAKE_${lang}_COMPILER>${_qrv_maps}")
        string(APPEND CMAKE_${lang}_COMPILE_OBJECT " <DEFINES> <INCLUDES> <FLAGS> -o <OBJECT> -c <SOURCE>")
    endif()
    set(_qrv_maps "")
    __qrv_prefix_maps(_qrv_maps "-fdebug-prefix-map")
    foreach(_qrv_config RELEASE MINSIZEREL RELWITHDEBINFO)
        string(APPEND CMAKE_${lang}_FLAGS_${_qrv_config}_INIT "${_qrv_maps}")
    endforeach()
    # With several jobs GCC 14 has make run the compiler, and does not quote its name.
    if(QRV_TOOLCHAIN_DIR MATCHES "[^A-Za-z0-9_./+,:@%-]")
        list(TRANSFORM CMAKE_${lang}_COMPILE_OPTIONS_IPO REPLACE "^-flto=auto$" "-flto=1")
    endif()
    if(QRV_BOARD STREQUAL "unmatched")
        string(APPEND CMAKE_${lang}_FLAGS_INIT " -mtune=sifive-7-series")
    endif()
    unset(_qrv_maps)
    unset(_qrv_config)
endmacro()
