/* SPDX-License-Identifier: Apache-2.0 */
/* Console scripts of qrv run, and usage messages in C sources. */
#include "fuzz.h"

#include "qrv/dialog.h"
#include "qrv/usage_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dialog d = {0};
    unsigned line;
    const char *why;
    const char *text;
    size_t len;
    dialog_parse(&d, (const char *)data, size, &line, &why);
    for (size_t i = 0; i < d.count; i++)
        if (d.steps[i].verb == DLG_EXPECT && d.steps[i].text == NULL)
            abort();
    dialog_free(&d);
    if (usage_extract((const char *)data, size, &text, &len) == 0 && len > size)
        abort();
    return 0;
}
