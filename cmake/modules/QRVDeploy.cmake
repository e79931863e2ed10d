# SPDX-License-Identifier: Apache-2.0
#
# Targets that put what is built onto a machine that runs; read by QRVFunctions, where the comments' form is explained.

set(QRV_TARGET "" CACHE STRING "Where qrv_add_deploy() puts things: a name in qrv.targets or a line; empty: the first of qrv.targets")

#.. qrv_add_deploy(NAME [TARGETS TARGET...] [FILES FILE:PATH...] [DESTINATION DIR] [INSTALLED DIR] [TARGET T] [OPTIONS OPTION...])
#
# A target NAME that is built by request only: it builds TARGETS and puts them with "qrv deploy" into the directory DESTINATION ("/tmp" by
# default) of a running machine; of what is there already nothing is sent. FILES are further ones with their places. With INSTALLED, what the
# project's install() rules install is put there as a tree instead, TARGETS having been built. The machine is T, or what the cache variable
# QRV_TARGET says, or the first one in qrv.targets. OPTIONS go to "qrv deploy".
function(qrv_add_deploy name)
    __qrv_arguments(qrv_add_deploy "${name}" "" "DESTINATION;INSTALLED;TARGET" "TARGETS;FILES;OPTIONS" ${ARGN})
    if(NOT arg_TARGETS AND NOT arg_FILES AND NOT arg_INSTALLED)
        message(FATAL_ERROR "qrv_add_deploy(${name}): TARGETS, FILES or INSTALLED is missing")
    endif()
    if(NOT arg_DESTINATION)
        set(arg_DESTINATION /tmp)
    endif()
    set(before)
    set(specs)
    foreach(target IN LISTS arg_TARGETS)
        if(NOT TARGET ${target})
            message(FATAL_ERROR "qrv_add_deploy(${name}): there is no target ${target}")
        endif()
        if(NOT arg_INSTALLED)
            list(APPEND specs "$<TARGET_FILE:${target}>:${arg_DESTINATION}/")
        endif()
    endforeach()
    foreach(spec IN LISTS arg_FILES)
        if(NOT spec MATCHES "^(.+):(/[^:]*)$")
            message(FATAL_ERROR "qrv_add_deploy(${name}): FILES ${spec}: FILE:PATH is needed, PATH beginning with /")
        endif()
        set(path "${CMAKE_MATCH_2}")
        __qrv_source(qrv_add_deploy "${name}" "${CMAKE_MATCH_1}" file)
        list(APPEND specs "${file}:${path}")
    endforeach()
    if(arg_INSTALLED)
        set(stage "${CMAKE_CURRENT_BINARY_DIR}/${name}.installed")
        list(APPEND before COMMAND "${CMAKE_COMMAND}" -E rm -rf "${stage}"
            COMMAND "${CMAKE_COMMAND}" --install "${CMAKE_BINARY_DIR}" --prefix "${stage}")
        list(APPEND specs "${stage}:${arg_INSTALLED}")
    endif()
    set(to)
    if(arg_TARGET)
        set(to --target "${arg_TARGET}")
    elseif(QRV_TARGET)
        set(to --target "${QRV_TARGET}")
    endif()
    add_custom_target("${name}" ${before} COMMAND "${QRV_TOOL}" deploy ${to} ${arg_OPTIONS} ${specs}
        WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" USES_TERMINAL VERBATIM)
    if(arg_TARGETS)
        add_dependencies("${name}" ${arg_TARGETS})
    endif()
endfunction()
