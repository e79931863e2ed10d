# SPDX-License-Identifier: Apache-2.0
#
# Functions for projects that build QRV programs and boot images: find_package(QRV), or include(QRVFunctions).
# Each block of comments that begins with "#.." is the reference of one function; the guide quotes it.

# The host command; an in-tree build or a user may point QRV_TOOL elsewhere.
if(NOT QRV_TOOL)
    set(QRV_TOOL "${QRV_TOOLCHAIN_DIR}/bin/qrv")
endif()

# Sets arg_* of the caller; what the function does not know is an error that names it.
macro(__qrv_arguments function name options single multiple)
    cmake_parse_arguments(arg "${options}" "${single}" "${multiple}" ${ARGN})
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "${function}(${name}): unknown argument: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(arg_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR "${function}(${name}): no value behind ${arg_KEYWORDS_MISSING_VALUES}")
    endif()
endmacro()

# The absolute name of a file of the project, which has to be there.
function(__qrv_source function name file out)
    get_filename_component(file "${file}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    if(NOT EXISTS "${file}")
        message(FATAL_ERROR "${function}(${name}): there is no file ${file}")
    endif()
    set(${out} "${file}" PARENT_SCOPE)
endfunction()

#.. qrv_usemsg(TARGET FILE)
#
# Links the usage message FILE into the program TARGET each time it is linked; "use NAME" prints it on the
# target. FILE is plain text, or a C source with the text between "#ifdef __USAGE" and "#endif". %C stands
# for the name of the program.
function(qrv_usemsg target file)
    __qrv_source(qrv_usemsg "${target}" "${file}" file)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${file}")
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND "${QRV_TOOL}" usemsg "$<TARGET_FILE:${target}>" "${file}"
        COMMENT "Adding the usage message to ${target}" VERBATIM)
endfunction()

#.. qrv_add_program(NAME SOURCES FILE... [USAGE FILE] [LIBRARIES LIBRARY...] [DESTINATION DIR])
#
# An executable: add_executable(), target_link_libraries(PRIVATE), qrv_usemsg() and install() in one. It is
# installed to DESTINATION, "bin" by default, below the installation prefix.
function(qrv_add_program name)
    __qrv_arguments(qrv_add_program "${name}" "" "USAGE;DESTINATION" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT arg_SOURCES)
        message(FATAL_ERROR "qrv_add_program(${name}): SOURCES is missing")
    endif()
    if(NOT arg_DESTINATION)
        set(arg_DESTINATION bin)
    endif()
    add_executable(${name} ${arg_SOURCES})
    if(arg_LIBRARIES)
        target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
    endif()
    if(arg_USAGE)
        qrv_usemsg(${name} "${arg_USAGE}")
    endif()
    install(TARGETS ${name} RUNTIME DESTINATION "${arg_DESTINATION}")
endfunction()

#.. qrv_add_resource_manager(NAME SOURCES FILE... [USAGE FILE] [LIBRARIES LIBRARY...] [DESTINATION DIR])
#
# A program that serves path names: qrv_add_program() with DESTINATION "sbin". The framework (resmgr_*,
# iofunc_*, dispatch_*) is part of the C library.
function(qrv_add_resource_manager name)
    if(NOT "DESTINATION" IN_LIST ARGN)
        list(APPEND ARGN DESTINATION sbin)
    endif()
    qrv_add_program(${name} ${ARGN})
endfunction()

#.. qrv_install_debug(TARGET... [DESTINATION DIR])
#
# Moves the debug information of each program or library into TARGET.debug beside it, which GDB finds by the
# link that stays behind, and installs that file to DESTINATION, "lib/debug" by default. What goes to the
# target is small then, and a debugger on the host still has everything.
function(qrv_install_debug)
    cmake_parse_arguments(arg "" "DESTINATION" "" ${ARGN})
    if(NOT arg_DESTINATION)
        set(arg_DESTINATION lib/debug)
    endif()
    foreach(target IN LISTS arg_UNPARSED_ARGUMENTS)
        if(NOT TARGET ${target})
            message(FATAL_ERROR "qrv_install_debug(): there is no target ${target}")
        endif()
        set(file "$<TARGET_FILE:${target}>")
        add_custom_command(TARGET ${target} POST_BUILD
            COMMAND "${CMAKE_OBJCOPY}" --only-keep-debug "${file}" "${file}.debug"
            COMMAND "${CMAKE_OBJCOPY}" --strip-debug "--add-gnu-debuglink=${file}.debug" "${file}"
            COMMENT "Splitting off the debug information of ${target}" VERBATIM)
        install(FILES "${file}.debug" DESTINATION "${arg_DESTINATION}" OPTIONAL)
    endforeach()
endfunction()

include("${CMAKE_CURRENT_LIST_DIR}/QRVImages.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/QRVDeploy.cmake")
