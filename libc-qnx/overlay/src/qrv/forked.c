/* SPDX-License-Identifier: Apache-2.0 */
/* In the child of a fork(): the mutex owner word of the thread that called it, which is us under
 * another name. */
#include "qrv.h"

hidden int __qrv_forked_owner;
