/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exit codes of qrv: one list, from which the enum, "qrv help exit-codes" and the guide come.
 * They are an interface: a code keeps its meaning.
 */
#pragma once

#define QRV_EXIT_CODES(X)                                                                          \
    X(EXIT_OK, 0, "done, and nothing was found")                                                   \
    X(EXIT_FAILED, 1, "the work failed, or a check found something")                               \
    X(EXIT_USAGE, 2, "bad command line; nothing was done")                                         \
    X(EXIT_INPUT, 3, "a bad input file; the message names it, and the line or byte")               \
    X(EXIT_MISSING, 4, "a part of this machine or of the SDK is missing; see qrv doctor")          \
    X(EXIT_SIGNATURE, 5, "verify: the SDK is not signed, or not by this key")                      \
    X(EXIT_MEMORY, 70, "out of memory")                                                            \
    X(EXIT_TIMEOUT, 124, "run, exec: the time given with --timeout is over")                       \
    X(EXIT_NOT_STARTED, 125, "run, exec: the machine or the program was not started")              \
    X(EXIT_SCRIPT, 126,                                                                            \
      "run --script: the target did not say what was expected; exec: not a program")               \
    X(EXIT_NO_PROGRAM, 127, "exec: there is no such program")

enum exit_code {
#define X(name, code, meaning) name = code,
    QRV_EXIT_CODES(X)
#undef X
};
