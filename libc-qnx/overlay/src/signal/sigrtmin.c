/* SPDX-License-Identifier: Apache-2.0 */
#include <abi/signal.h>

int __libc_current_sigrtmin(void)
{
    return QRV_SIGRTMIN;
}
