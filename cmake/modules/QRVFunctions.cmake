# SPDX-License-Identifier: Apache-2.0
#
# Functions for projects that build QRV programs and boot images: include(QRVFunctions) or find_package(QRV).
#
#   qrv_add_resource_manager(NAME SOURCES file... [USAGE file] [LIBRARIES lib...] [DESTINATION dir])
#       An executable, installed to DESTINATION (default: sbin), with its usage message linked in.
#   qrv_add_program(NAME ...)            the same with DESTINATION bin
#   qrv_set_usage(TARGET file)           links a usage message in; "use NAME" prints it on the target
#   qrv_add_image(NAME BUILDFILE file [SEARCH dir...] [DEPENDS target-or-file...])
#       NAME.cpio in the current binary directory, made by "qrv image"; built with ALL.

# The host command; an in-tree build or a user may point QRV_TOOL elsewhere.
if(NOT QRV_TOOL)
    set(QRV_TOOL "${QRV_TOOLCHAIN_DIR}/bin/qrv")
endif()

function(qrv_set_usage target file)
    get_filename_component(_file "${file}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    if(NOT EXISTS "${_file}")
        message(FATAL_ERROR "qrv_set_usage(${target}): there is no file ${_file}")
    endif()
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${_file}")
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND "${QRV_TOOL}" usemsg "$<TARGET_FILE:${target}>" "${_file}"
        COMMENT "Adding the usage message to ${target}" VERBATIM)
endfunction()

function(qrv_add_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "USAGE;DESTINATION" "SOURCES;LIBRARIES")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "qrv_add_program(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
    endif()
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
        qrv_set_usage(${name} "${arg_USAGE}")
    endif()
    install(TARGETS ${name} RUNTIME DESTINATION "${arg_DESTINATION}")
endfunction()

function(qrv_add_resource_manager name)
    qrv_add_program(${name} DESTINATION sbin ${ARGN})
endfunction()

function(qrv_add_image name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "BUILDFILE" "SEARCH;DEPENDS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_BUILDFILE)
        message(FATAL_ERROR "qrv_add_image(${name}): needs BUILDFILE file [SEARCH dir...] [DEPENDS ...]")
    endif()
    get_filename_component(_file "${arg_BUILDFILE}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    set(_search)
    foreach(_dir IN LISTS arg_SEARCH)
        list(APPEND _search -I "${_dir}")
    endforeach()
    set(_out "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpio")
    add_custom_command(OUTPUT "${_out}"
        COMMAND "${QRV_TOOL}" image ${_search} --depfile "${_out}.d" "${_file}" "${_out}"
        DEPENDS "${_file}" ${arg_DEPENDS} DEPFILE "${_out}.d"
        COMMENT "Making the boot image ${name}.cpio" VERBATIM)
    add_custom_target(${name} ALL DEPENDS "${_out}")
endfunction()
