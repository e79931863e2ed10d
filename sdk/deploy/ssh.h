/* SPDX-License-Identifier: Apache-2.0 */
/* A service of the target that its SSH server starts. The host's ssh makes the connection, so keys, ~/.ssh/config, jump hosts and shared connections
 * are as the user knows them. */
#pragma once

/* where: [USER@]HOST[:PORT], user root when none is named (who else may write everywhere?). A descriptor, or -1 and *why (heap).
 * The environment's QRV_SSH replaces "ssh"; blanks separate its words. */

/* deployd's. Blocks until it has answered or ssh has ended. */
int ssh_connect_deploy(const char *where, char **why);

/* qdebug's, which waits to be asked: that ssh had no success is seen at its end, and what it says goes to standard error. */
int ssh_connect_debug(const char *where, char **why);

/* Becomes ssh with a login shell on a terminal of the target. Returns only when that cannot be: why (heap). */
char *ssh_terminal(const char *where);
