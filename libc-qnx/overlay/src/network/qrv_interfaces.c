/* SPDX-License-Identifier: Apache-2.0 */
#include "qrv_interfaces.h"

#include <sys/iomsg.h>
#include <sys/neutrino.h>

int __qrv_interfaces(int fd, int first, struct _sock_if list[QRV_INTERFACES])
{
    struct _sock_msg m = {.type = _IO_MSG,
                          .combine_len = sizeof m,
                          .mgrid = _SOCK_MGRID,
                          .subtype = _SOCK_LIST,
                          .flags = first,
                          .option = _SOCK_LIST_IF,
                          .data_len = QRV_INTERFACES * sizeof *list};
    long n = MsgSend(fd, &m, sizeof m, list, m.data_len);
    return n < 0 ? -1 : (int)((unsigned long)n / sizeof *list);
}
