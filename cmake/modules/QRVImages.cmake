# SPDX-License-Identifier: Apache-2.0
#
# Boot images as targets, and what boots them; read by QRVFunctions, where the comments' form is explained.

#.. qrv_add_image(NAME BUILDFILE FILE [TARGETS TARGET...] [SEARCH DIR...] [DEFINES N=VALUE...] [DEPENDS FILE...])
#
# A target NAME, part of "all", that makes the boot image NAME.cpio in the current binary directory with
# "qrv image". The build file finds the programs and libraries of TARGETS by their names, then what lies in
# the SEARCH directories, then the SDK's sysroot. The image is made again when one of the files in it
# changes. Shared libraries that the programs in it need, and that the build file does not name, are put in.
# DEFINES gives ${N} in the build file a value. With QRV_BOARD set (preset qrv-board), NAME.img is made as
# well: the image of an SD card that boots that board. The target's property QRV_IMAGE has the archive's name.
function(qrv_add_image name)
    __qrv_arguments(qrv_add_image "${name}" "" "BUILDFILE" "TARGETS;SEARCH;DEFINES;DEPENDS" ${ARGN})
    if(NOT arg_BUILDFILE)
        message(FATAL_ERROR "qrv_add_image(${name}): BUILDFILE is missing")
    endif()
    __qrv_source(qrv_add_image "${name}" "${arg_BUILDFILE}" file)
    set(options)
    set(files)
    foreach(target IN LISTS arg_TARGETS)
        if(NOT TARGET ${target})
            message(FATAL_ERROR "qrv_add_image(${name}): there is no target ${target}")
        endif()
        list(APPEND options -I "$<TARGET_FILE_DIR:${target}>")
        list(APPEND files "$<TARGET_FILE:${target}>")
    endforeach()
    foreach(directory IN LISTS arg_SEARCH)
        get_filename_component(directory "${directory}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
        list(APPEND options -I "${directory}")
    endforeach()
    foreach(definition IN LISTS arg_DEFINES)
        list(APPEND options -D "${definition}")
    endforeach()
    set(out "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpio")
    add_custom_command(OUTPUT "${out}"
        COMMAND "${QRV_TOOL}" image --needed ${options} --depfile "${out}.d" "${file}" "${out}"
        DEPENDS "${file}" ${arg_TARGETS} ${files} ${arg_DEPENDS} DEPFILE "${out}.d"
        COMMENT "Making the boot image ${name}.cpio" VERBATIM)
    set(made "${out}")
    if(QRV_BOARD)
        set(disk "${CMAKE_CURRENT_BINARY_DIR}/${name}.img")
        add_custom_command(OUTPUT "${disk}"
            COMMAND "${QRV_TOOL}" image --board "${QRV_BOARD}" --disk "${disk}" --force --image "${out}"
            DEPENDS "${out}" COMMENT "Making the SD card image ${name}.img" VERBATIM)
        list(APPEND made "${disk}")
    endif()
    add_custom_target(${name} ALL DEPENDS ${made})
    set_target_properties(${name} PROPERTIES QRV_IMAGE "${out}")
endfunction()

# The command line of "qrv run" for the arguments of the two functions below, in the variable command.
macro(__qrv_run_command function name)
    __qrv_arguments("${function}" "${name}" "" "IMAGE;SCRIPT;SMP;MEMORY;TIMEOUT" "ADD;QEMU" ${ARGN})
    set(command "${QRV_TOOL}" run)
    if(arg_IMAGE)
        if(TARGET "${arg_IMAGE}")
            list(APPEND command --image "$<TARGET_PROPERTY:${arg_IMAGE},QRV_IMAGE>")
        else()
            list(APPEND command --image "${arg_IMAGE}")
        endif()
    endif()
    foreach(add IN LISTS arg_ADD)
        set(kind)
        if(TARGET "${add}")
            get_target_property(kind "${add}" TYPE)
        endif()
        if(kind STREQUAL "SHARED_LIBRARY")
            list(APPEND command --add "$<TARGET_SONAME_FILE:${add}>")
        elseif(kind)
            list(APPEND command --add "$<TARGET_FILE:${add}>")
        else()
            __qrv_source("${function}" "${name}" "${add}" add)
            list(APPEND command --add "${add}")
        endif()
    endforeach()
    if(arg_SMP)
        list(APPEND command --smp "${arg_SMP}")
    endif()
    if(arg_MEMORY)
        list(APPEND command --mem "${arg_MEMORY}")
    endif()
endmacro()

#.. qrv_add_console_test(NAME SCRIPT FILE [IMAGE TARGET] [ADD TARGET-OR-FILE...] [SMP N] [MEMORY SIZE]
#..                      [TIMEOUT SECONDS] [QEMU ARGUMENT...])
#
# A test for ctest that boots QRV in QEMU and plays the dialogue of SCRIPT on its console ("qrv run --help"
# has the language). For what a process alone cannot show: drivers, images, several programs together. IMAGE
# is a target of qrv_add_image() or the name of an archive; without it the SDK's image boots. Programs and
# shared libraries of ADD are put into /proc/boot. QEMU gives the emulator further arguments, such as a device.
# The machine is stopped, and the test has failed, after TIMEOUT seconds, 120 by default.
function(qrv_add_console_test name)
    __qrv_run_command(qrv_add_console_test "${name}" ${ARGN})
    if(NOT arg_SCRIPT)
        message(FATAL_ERROR "qrv_add_console_test(${name}): SCRIPT is missing")
    endif()
    __qrv_source(qrv_add_console_test "${name}" "${arg_SCRIPT}" script)
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    list(APPEND command --timeout "${arg_TIMEOUT}" --script "${script}")
    if(arg_QEMU)
        list(APPEND command -- ${arg_QEMU})
    endif()
    add_test(NAME "${name}" COMMAND ${command})
endfunction()

#.. qrv_add_run(NAME [IMAGE TARGET] [ADD TARGET-OR-FILE...] [SMP N] [MEMORY SIZE] [QEMU ARGUMENT...])
#
# A target NAME that is built by request only: it boots QRV on this terminal, with what the arguments of
# qrv_add_console_test() add. "cmake --build build --target NAME"; leave the emulator with Ctrl-A x.
function(qrv_add_run name)
    __qrv_run_command(qrv_add_run "${name}" ${ARGN})
    if(arg_SCRIPT OR arg_TIMEOUT)
        message(FATAL_ERROR "qrv_add_run(${name}): SCRIPT and TIMEOUT are for qrv_add_console_test()")
    endif()
    if(arg_QEMU)
        list(APPEND command -- ${arg_QEMU})
    endif()
    add_custom_target("${name}" COMMAND ${command} USES_TERMINAL VERBATIM)
    foreach(target IN LISTS arg_IMAGE arg_ADD)
        if(TARGET "${target}")
            add_dependencies("${name}" "${target}")
        endif()
    endforeach()
endfunction()
