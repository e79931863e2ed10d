/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "sock.h"

/* Serves /etc/resolv.conf.  0 or an errno value. */
int resolv_attach(dispatch_t *dpp);
