/* SPDX-License-Identifier: Apache-2.0 */
#include "machine.h"

#include "../common/fs.h"
#include "../common/sdk.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {[MACHINE_VIRT] = "virt", [MACHINE_SIFIVE_U] = "sifive_u"};

bool machine_find(const char *name, enum machine_kind *kind)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *kind = (enum machine_kind)i;
            return true;
        }
    }
    return false;
}

char *machine_find_qemu(void)
{
    return fs_which("qemu-system-riscv64");
}

/* QEMU's own default firmware is too old for us (no debug console), so ours or Debian's is always
 * named. */
char *machine_find_bios(void)
{
    char *own = fs_join(sdk_locate()->root, "firmware/fw_dynamic.bin");
    if (fs_is_file(own))
        return own;
    free(own);
    static const char *const system[] = {
        "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin",
        "/usr/share/opensbi/generic/fw_dynamic.bin", NULL};
    for (int i = 0; system[i] != NULL; i++)
        if (fs_is_file(system[i]))
            return xstrdup(system[i]);
    return NULL;
}

struct vector {
    char **argv;
    size_t count;
};

static void push(struct vector *v, const char *word)
{
    v->argv = xrealloc(v->argv, (v->count + 2) * sizeof *v->argv);
    v->argv[v->count++] = xstrdup(word);
    v->argv[v->count] = NULL;
}

static void push_number(struct vector *v, const char *option, long number, const char *suffix)
{
    char *text = xprintf("%ld%s", number, suffix);
    push(v, option);
    push(v, text);
    free(text);
}

static void push_pair(struct vector *v, const char *option, const char *value)
{
    push(v, option);
    push(v, value);
}

/* An option with a file name. QEMU reads a comma in it as the next option: it is written twice. */
static void put_file(struct buf *text, const char *before, const char *file)
{
    buf_puts(text, before);
    for (const char *c = file; *c != '\0'; c++)
        buf_append(text, *c == ',' ? ",," : c, *c == ',' ? 2 : 1);
}

static void push_file(struct vector *v, const char *option, const char *before, const char *file,
                      const char *rest)
{
    struct buf text = {0};
    put_file(&text, before, file);
    buf_puts(&text, rest);
    push_pair(v, option, text.data);
    buf_free(&text);
}

/* What the machine starts with. */
static void push_boot(struct vector *v, const struct machine *m)
{
    if (m->disk == NULL) {
        push_pair(v, "-bios", m->bios);
        push_pair(v, "-kernel", m->kernel);
        push_pair(v, "-initrd", m->image);
    } else if (m->kind == MACHINE_SIFIVE_U) {
        push_pair(v, "-bios", m->loader);
        push_file(v, "-drive", "file=", m->disk, ",format=raw,if=sd");
    } else {
        push_pair(v, "-bios", m->bios);
        push_pair(v, "-kernel", m->loader);
        push_file(v, "-drive", "file=", m->disk, ",format=raw,if=none,id=disk");
        push_pair(v, "-device", "virtio-blk-device,drive=disk");
    }
}

static bool parse_port(const char **at, char end, unsigned long *port)
{
    char *stop;
    if (**at < '0' || **at > '9')
        return false;
    *port = strtoul(*at, &stop, 10);
    if (*stop != end || *port < 1 || *port > 65535)
        return false;
    *at = stop + 1;
    return true;
}

char *machine_forward(const char *text)
{
    unsigned long host, target;
    const char *kind = strncmp(text, "udp:", 4) == 0 ? "udp" : "tcp";
    if (strncmp(text, "tcp:", 4) == 0 || strncmp(text, "udp:", 4) == 0)
        text += 4;
    if (!parse_port(&text, ':', &host) || !parse_port(&text, '\0', &target))
        return NULL;
    return xprintf("hostfwd=%s:127.0.0.1:%lu-:%lu", kind, host, target);
}

static void push_net(struct vector *v, const struct machine *m)
{
    struct buf text = {0};
    bool on_board = m->kind == MACHINE_SIFIVE_U; /* the board's own device is there already */
    buf_puts(&text, on_board ? "user" : "user,id=net");
    for (const char **forward = m->forwards; forward != NULL && *forward != NULL; forward++) {
        char *word = machine_forward(*forward);
        buf_puts(&text, ",");
        buf_puts(&text, word != NULL ? word : "");
        free(word);
    }
    push_pair(v, on_board ? "-nic" : "-netdev", text.data);
    if (!on_board)
        push_pair(v, "-device", "virtio-net-device,netdev=net");
    buf_free(&text);
}

/* A serial line that is not just this terminal, which otherwise has the monitor, too. */
static void push_line(struct vector *v, const struct machine *m)
{
    struct buf device = {0};
    if (m->line != NULL)
        put_file(&device, "socket,id=line,server=on,wait=off,path=", m->line);
    else
        buf_puts(&device, "stdio,id=line,mux=on,signal=off");
    if (m->log != NULL)
        put_file(&device, ",logfile=", m->log);
    push_pair(v, "-display", "none");
    push_pair(v, "-chardev", device.data);
    push_pair(v, "-serial", "chardev:line");
    if (m->line != NULL)
        push_pair(v, "-monitor", "none");
    else
        push_pair(v, "-mon", "chardev=line,mode=readline");
    buf_free(&device);
}

char **machine_argv(const struct machine *m)
{
    struct vector v = {0};
    push(&v, m->qemu);
    if (m->kind == MACHINE_SIFIVE_U) /* msel=11: start as from an SD card */
        push_pair(&v, "-machine", m->disk != NULL ? "sifive_u,msel=11" : "sifive_u");
    else {
        push_pair(&v, "-machine", "virt");
        push_pair(&v, "-cpu", "rv64");
    }
    push_number(&v, "-smp", m->harts, "");
    push_number(&v, "-m", (long)(m->memory >> 20), "M");
    if (m->bare) {
        push(&v, "-nodefaults");
        push(&v, "-no-user-config");
        push_pair(&v, "-display", "none");
    } else if (m->line != NULL || m->log != NULL) {
        push_line(&v, m);
    } else
        push(&v, "-nographic");
    push_boot(&v, m);
    if (m->append != NULL)
        push_pair(&v, "-append", m->append);
    if (m->gdb_port != 0) {
        char *where = xprintf("tcp:127.0.0.1:%ld", m->gdb_port);
        push_pair(&v, "-gdb", where);
        free(where);
    }
    if (m->wait)
        push(&v, "-S");
    if (m->net)
        push_net(&v, m);
    for (char **extra = m->extra; extra != NULL && *extra != NULL; extra++)
        push(&v, *extra);
    return v.argv;
}

void machine_argv_free(char **argv)
{
    for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
        free(argv[i]);
    free(argv);
}

void machine_quote(char *const *argv, struct buf *out)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,:=+@%";
    for (size_t i = 0; argv[i] != NULL; i++) {
        buf_puts(out, i ? " " : "");
        if (argv[i][0] != '\0' && strspn(argv[i], plain) == strlen(argv[i])) {
            buf_puts(out, argv[i]);
            continue;
        }
        buf_puts(out, "'");
        for (const char *c = argv[i]; *c != '\0'; c++) {
            if (*c == '\'')
                buf_puts(out, "'\\''");
            else
                buf_append(out, c, 1);
        }
        buf_puts(out, "'");
    }
    buf_puts(out, "\n");
}

bool machine_parse_memory(const char *text, uint64_t *bytes)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    unsigned long n = strtoul(text, &end, 10);
    unsigned long unit = *end == 'G' || *end == 'g' ? 1024 : 1;
    if (*end != '\0' && (strchr("GgMm", *end) == NULL || end[1] != '\0'))
        return false;
    if (n > 65536 || n * unit < 64 || n * unit > 65536)
        return false;
    *bytes = (uint64_t)n * unit << 20;
    return true;
}
