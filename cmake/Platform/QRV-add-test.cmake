# SPDX-License-Identifier: Apache-2.0
#
# CMake puts the emulator before a test's command when that is the name of an executable target, and only then. So
# that projects can be built unmodified, three other ways to write it get the same meaning here:
#   add_test(name program argument...)                 the form of before CMake 2.8 (zlib)
#   add_test(NAME name COMMAND $<TARGET_FILE:program>) a path as far as CMake knows (GoogleTest)
#   add_test(NAME name COMMAND Python3::Interpreter)   an imported program of the host, which must not be emulated
# Everything else is passed on untouched.

get_property(_qrv_done GLOBAL PROPERTY QRV_ADD_TEST)
# A second definition would make _add_test() the first one, which calls _add_test().
if(NOT _qrv_done AND CMAKE_CROSSCOMPILING_EMULATOR)
    set_property(GLOBAL PROPERTY QRV_ADD_TEST 1)

    # The word to use in place of `word`, the program of a test.
    function(_qrv_test_program word result)
        set("${result}" "${word}" PARENT_SCOPE)
        set(name "${word}")
        if(word MATCHES "^\\$<TARGET_FILE:([^<>$]+)>$")
            set(name "${CMAKE_MATCH_1}")
        endif()
        if(NOT TARGET "${name}")
            return()
        endif()
        get_target_property(type "${name}" TYPE)
        get_target_property(imported "${name}" IMPORTED)
        if(type STREQUAL "EXECUTABLE" AND NOT imported)
            set("${result}" "${name}" PARENT_SCOPE)
        elseif(type STREQUAL "EXECUTABLE")
            get_target_property(file "${name}" IMPORTED_LOCATION)
            if(EXISTS "${file}")
                file(READ "${file}" head LIMIT 20 HEX) # ELF header: bytes 18 and 19 are the machine, 243 ours
                if(NOT head MATCHES "^7f454c46............................f300$")
                    set("${result}" "$<TARGET_FILE:${name}>" PARENT_SCOPE)
                endif()
            endif()
        endif()
    endfunction()

    function(add_test)
        set(call "_add_test(")
        set(next -1) # the index of the program
        if(ARGC GREATER 1 AND NOT ARGV0 STREQUAL "NAME")
            _qrv_test_program("${ARGV1}" program)
            if(TARGET "${program}")
                string(APPEND call "NAME [==[${ARGV0}]==] COMMAND [==[${program}]==]")
                set(next 1)
            endif()
        endif()
        # Argument by argument: ${ARGV} as a list would lose empty ones and split at semicolons.
        math(EXPR last "${ARGC} - 1")
        if(last GREATER_EQUAL 0)
            foreach(i RANGE 0 ${last})
                if(next EQUAL 1 AND i LESS 2)
                    continue()
                endif()
                set(word "${ARGV${i}}")
                if(next EQUAL -2)
                    _qrv_test_program("${word}" word)
                    set(next -3)
                elseif(next EQUAL -1 AND i GREATER 1 AND ARGV0 STREQUAL "NAME" AND word STREQUAL "COMMAND")
                    set(next -2)
                endif()
                string(APPEND call " [==[${word}]==]")
            endforeach()
        endif()
        cmake_language(EVAL CODE "${call})")
    endfunction()
endif()
unset(_qrv_done)
