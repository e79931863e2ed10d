/* SPDX-License-Identifier: Apache-2.0 */
/* Device trees, as the drivers read them. */
#include "fuzz.h"

#include "../../services/lib/devtree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct devtree_node node;
    uint8_t *tree = malloc(size + 1);
    memcpy(tree, data, size);
    for (unsigned i = 0; i < 40 && devtree_find(tree, size, "virtio,mmio", i, &node); i++)
        ;
    if (devtree_find(tree, size, "sifive,fu540-c000-gem", 0, &node) && node.is_disabled)
        abort();
    devtree_find(tree, size, "", 0, &node);
    free(tree);
    return 0;
}
