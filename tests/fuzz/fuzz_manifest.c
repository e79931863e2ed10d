/* SPDX-License-Identifier: Apache-2.0 */
/* MANIFEST: whatever is taken has complete entries, in order, that stay inside the SDK. */
#include "fuzz.h"

#include "qrv/manifest.h"

#include <stdlib.h>
#include <string.h>

static void check(const struct manifest *m)
{
    const char *before = "";
    for (size_t i = 0; i < m->count; i++) {
        const struct manifest_entry *e = &m->entries[i];
        if (strcmp(before, e->path) >= 0 || e->path[0] == '/' || strstr(e->path, "//") != NULL ||
            strncmp(e->path, "../", 3) == 0 || strstr(e->path, "/../") != NULL ||
            strcmp(e->path, "..") == 0)
            abort();
        if ((e->type == 'f') != (e->sha256 != NULL) || (e->type == 'l') != (e->target != NULL) ||
            e->licence[0] == '\0' || e->origin[0] == '\0' || e->mode > 07777)
            abort();
        if (e->sha256 != NULL && strlen(e->sha256) != 64)
            abort();
        before = e->path;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest m;
    size_t line = 0;
    const char *error = manifest_parse(&m, (const char *)data, size, &line);
    if (error == NULL) {
        check(&m);
        const char *version = manifest_header(&m, "version");
        if (version != NULL && strlen(version) > size)
            abort();
    } else if (line == 0 || line > size + 2)
        abort();
    manifest_free(&m);
    return 0;
}
