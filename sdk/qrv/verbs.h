/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of qrv. argv[0] is the verb; the result is the exit code of the program (exit.h).
 *
 * Every verb answers --help on standard output: "usage: qrv VERB ...", what it does, every option,
 * "Examples:" with commands that work, and "Exit code:" when it has others than 0, 1 and 2. It
 * reads its command line with options_parse(), gives --json where there is something to read for a
 * machine (json.h; errors stay one line on standard error), and asks no questions.
 */
#pragma once

struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
    const char *example;
};

extern const struct verb verbs[]; /* ends with a NULL name; main.c */

int cmd_attach(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_debug(int argc, char **argv);
int cmd_core(int argc, char **argv);
int cmd_deploy(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_exec(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_kernel_debug(int argc, char **argv);
int cmd_link(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_meson_cross(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_nfs(int argc, char **argv);
int cmd_ps(int argc, char **argv);
int cmd_pull(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_shell(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_usemsg(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_version(int argc, char **argv);
