# SPDX-License-Identifier: Apache-2.0
#
# add_test(name program argument...), the form of before CMake 2.8, does not know the emulator: ctest would start
# the target's program on the host. When the program is a target of the project the call means the same as
# add_test(NAME name COMMAND program argument...), which does; everything else is passed on untouched.
# Needed by projects that are built unmodified (zlib).

get_property(_qrv_done GLOBAL PROPERTY QRV_ADD_TEST)
# A second definition would make _add_test() the first one, which calls _add_test().
if(NOT _qrv_done AND CMAKE_CROSSCOMPILING_EMULATOR)
    set_property(GLOBAL PROPERTY QRV_ADD_TEST 1)

    function(add_test)
        set(call "_add_test(")
        set(first 0)
        if(ARGC GREATER 1 AND NOT ARGV0 STREQUAL "NAME" AND TARGET "${ARGV1}")
            get_target_property(type "${ARGV1}" TYPE)
            get_target_property(imported "${ARGV1}" IMPORTED)
            if(type STREQUAL "EXECUTABLE" AND NOT imported)
                string(APPEND call "NAME [==[${ARGV0}]==] COMMAND [==[${ARGV1}]==]")
                set(first 2)
            endif()
        endif()
        # Argument by argument: ${ARGV} as a list would lose empty ones and split at semicolons.
        math(EXPR last "${ARGC} - 1")
        if(first LESS_EQUAL last)
            foreach(i RANGE ${first} ${last})
                string(APPEND call " [==[${ARGV${i}}]==]")
            endforeach()
        endif()
        cmake_language(EVAL CODE "${call})")
    endfunction()
endif()
unset(_qrv_done)
