/* SPDX-License-Identifier: Apache-2.0 */
/* Programs as qrv exec reads them to name the addresses of a fault: what it finds lies in the file.
 */
#include "fuzz.h"

#include "qrv/exec_module.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct module m = {.path = (char *)"fuzz"};
    uint64_t code, start;
    m.bytes.data = malloc(size + 1);
    m.bytes.len = size;
    memcpy(m.bytes.data, data, size);
    m.bytes.data[size] = '\0';
    for (uint64_t address = 0; address < 0x20000; address += 0x7f8) {
        const char *name = module_symbol(&m, address, &start);
        if (name != NULL &&
            (name < m.bytes.data || name + strlen(name) >= m.bytes.data + size || start > address))
            abort();
        module_code(&m, address, &code);
        module_code(&m, UINT64_MAX - address, &code);
    }
    free(m.bytes.data);
    return 0;
}
