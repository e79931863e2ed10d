/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of qrv. argv[0] is the verb; the result is the exit code of the program. */
#pragma once

int cmd_doctor(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_new(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_usemsg(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_version(int argc, char **argv);
