/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: any bytes as a device tree. */
#include "platform/board.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct board b;
    b = (struct board){ 0 };
    if (fdt_open(&b.fdt, data, size) && board_read(&b) == 0) {
        struct qrv_syspage sp = { 0 };
        board_fill_syspage(&b, b.hartids[0], &sp);
        for (uint32_t p = 0; p < 8; p++)
            (void)board_hart_of_intc(&b.fdt, p);
    }
    return 0;
}
