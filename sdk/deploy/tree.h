/* SPDX-License-Identifier: Apache-2.0 */
/* Whole directories, a file after the other over one connection. */
#pragma once

#include "transfer.h"

/* Called for each file that has been transferred. */
typedef void tree_report(void *arg, const struct transfer *t);

/* options: a transfer without its names. A file or a directory; in those symbolic links are made as
 * links on the target. 0, or an exit code after a message. */
int tree_put(struct session *s, const struct transfer *options, const char *file, const char *path,
             tree_report *report, void *arg);
/* A file or a directory. What is in that and neither file nor directory is left out, with a message: nothing that the
 * target says leads out of the directory `file`. */
int tree_get(struct session *s, const struct transfer *options, const char *path, const char *file,
             tree_report *report, void *arg);
