/* SPDX-License-Identifier: Apache-2.0 */
/* A deployd that an SSH server starts. The host's ssh makes the connection, so keys, ~/.ssh/config, jump hosts and shared connections
 * are as the user knows them. */
#pragma once

/* where: [USER@]HOST[:PORT], user root when none is named (who else may write everywhere?). A descriptor, or -1 and *why (heap).
 * Blocks until deployd has answered or ssh has ended. The environment's QRV_SSH replaces "ssh"; blanks separate its words. */
int ssh_connect(const char *where, char **why);

/* Becomes ssh with a login shell on a terminal of the target. Returns only when that cannot be: why (heap). */
char *ssh_terminal(const char *where);
