/* SPDX-License-Identifier: Apache-2.0 */
/* System manager. */
#pragma once
#include <sys/cdefs.h>

__BEGIN_DECLS

int sysmgr_reboot(void); /* does not return; -1 with EPERM */

__END_DECLS
