/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MANIFEST of an installed SDK: one line per path, sorted, "f MODE SHA256 path" or "l TARGET
 * path" with a tab between the fields. It is what qrv verify compares with and what install.sh
 * --uninstall removes.
 */
#pragma once

#include "../common/buf.h"

/*
 * Compares the tree at root with its MANIFEST. Appends one line "altered path", "missing path",
 * "mode path" or "link path" per difference to findings. Returns how many files were looked at,
 * -errno when the manifest cannot be read, or -EBADMSG when it is no manifest.
 */
long manifest_verify(const char *root, struct buf *findings);
