/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin.h"
#include <string.h>
#include "symbols.h"

int qemu_plugin_version = QEMU_INTERFACE;
static const char *out_path;

FILE *plugin_report_open(void)
{
    FILE *f = out_path != NULL ? fopen(out_path, "w") : NULL;
    return f != NULL ? f : stderr;
}

void plugin_report_close(FILE *f)
{
    if (f != stderr)
        fclose(f);
}

static void at_exit(qemu_plugin_id_t id, void *arg)
{
    (void)id;
    (void)arg;
    FILE *f = plugin_report_open();
    plugin.report(f);
    plugin_report_close(f);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    bool have_symbols = false;
    for (int i = 0; i < argc; i++) {
        if (plugin.wants_symbols && strncmp(argv[i], "symbols=", 8) == 0)
            have_symbols = symbols_load(argv[i] + 8) > 0;
        else if (strncmp(argv[i], "out=", 4) == 0)
            out_path = strdup(argv[i] + 4);
        else
            return -1;
    }
    if (plugin.wants_symbols && !have_symbols) {
        fprintf(stderr, "%s: symbols=FILE is missing, or has none\n", plugin.name);
        return -1;
    }
    if (plugin.begin != NULL && !plugin.begin())
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, plugin.translated);
    qemu_plugin_register_atexit_cb(id, at_exit, NULL);
    return 0;
}
