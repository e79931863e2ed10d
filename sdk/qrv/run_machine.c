/* SPDX-License-Identifier: Apache-2.0 */
#include "run_machine.h"

#include "../common/fs.h"
#include "../common/options.h"
#include "../common/sdk.h"
#include "../image/disk.h"
#include "../image/gpt.h"
#include "doctor.h"

#include <stdlib.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)

/* The machine of the disk, from the name of its boot partition. 0, or an exit code after a message.
 */
static int read_disk(const struct machine_request *rq, struct machine *m)
{
    static struct gpt g;
    const char *board = NULL;
    const char *why = disk_read(rq->disk, &g);
    if (why != NULL)
        return complain(EXIT_NOT_STARTED, "%s cannot boot: %s", rq->disk, why);
    for (size_t i = 0; i < g.count; i++)
        if (strncmp(g.parts[i].name, DISK_BOOT_NAME, strlen(DISK_BOOT_NAME)) == 0)
            board = g.parts[i].name + strlen(DISK_BOOT_NAME);
    if (board != NULL && strcmp(board, "unmatched") == 0)
        return complain(
            EXIT_NOT_STARTED,
            "%s cannot boot: it is for the HiFive Unmatched, which QEMU has no model of; "
            "try one made with --board unleashed or qemu-virt",
            rq->disk);
    enum machine_kind kind =
        board != NULL && strcmp(board, "unleashed") == 0 ? MACHINE_SIFIVE_U : MACHINE_VIRT;
    if (rq->machine == NULL)
        m->kind = kind;
    else if (board != NULL && kind != m->kind)
        return complain(EXIT_NOT_STARTED, "%s cannot boot on machine %s: it is for board %s",
                        rq->disk, rq->machine, board);
    if (m->kind == MACHINE_SIFIVE_U && (g.sectors & (g.sectors - 1)) != 0)
        return complain(EXIT_NOT_STARTED,
                        "%s cannot boot: QEMU wants an SD card whose size is a power of two",
                        rq->disk);
    m->disk = rq->disk;
    return 0;
}

int machine_decide(const struct machine_request *rq, struct machine *m)
{
    if (rq->machine != NULL && !machine_find(rq->machine, &m->kind))
        return complain(EXIT_NOT_STARTED, "machine %s: this kernel boots on virt and sifive_u",
                        rq->machine);
    int result = rq->disk != NULL ? read_disk(rq, m) : 0;
    if (result != 0)
        return result;
    bool sifive = m->kind == MACHINE_SIFIVE_U;
    m->harts = sifive ? 5 : 4;
    m->memory = sifive ? 8192 * MIB : 512 * MIB;
    if (sifive && rq->disk == NULL)
        m->memory = 1024 * MIB;
    if (rq->smp != NULL && !option_number("--smp", rq->smp, 1, 8, &m->harts))
        return EXIT_USAGE;
    if (sifive && (m->harts < 2 || m->harts > 5))
        return complain(EXIT_USAGE,
                        "--smp %s: sifive_u has 2 to 5 harts, the first of which runs no kernel",
                        rq->smp);
    if (rq->mem != NULL && !machine_parse_memory(rq->mem, &m->memory))
        return complain(EXIT_USAGE, "--mem %s: a size from 64M to 64G is needed", rq->mem);
    if (sifive && rq->disk != NULL && m->memory != 8192 * MIB)
        return complain(EXIT_USAGE, "--mem %s: U-Boot for this board wants 8G", rq->mem);
    return 0;
}

static int check_emulator(const struct machine *m)
{
    int major = 0;
    int minor = 0;
    if (!probe_version((char *[]){(char *)m->qemu, (char *)"--version", NULL}, "version ", &major,
                       &minor))
        return 0; /* not a QEMU that we know; it may say itself what it lacks */
    if (major < 7 || (major == 7 && minor < 2))
        return complain(EXIT_NOT_STARTED,
                        "%s is QEMU %d.%d, which is too old: 7.2 or later is needed; qrv doctor "
                        "says how to get it",
                        m->qemu, major, minor);
    if (m->disk != NULL && m->kind == MACHINE_SIFIVE_U && major < 11)
        return complain(EXIT_NOT_STARTED,
                        "%s is QEMU %d.%d, whose SD card does not let U-Boot start by itself: 11 "
                        "or later is needed "
                        "(--qemu FILE names another)",
                        m->qemu, major, minor);
    return 0;
}

int machine_check(struct machine *m, char **loader)
{
    bool needs_bios = m->disk == NULL || m->kind == MACHINE_VIRT;
    if (m->qemu == NULL)
        return complain(EXIT_NOT_STARTED,
                        "there is no qemu-system-riscv64; qrv doctor says how to get it");
    if (needs_bios && (m->bios == NULL || !fs_is_file(m->bios)))
        return complain(EXIT_NOT_STARTED,
                        "there is no OpenSBI firmware (%s); qrv doctor says how to get it",
                        m->bios ? m->bios : "fw_dynamic.bin");
    if (m->disk != NULL) {
        char *boards = fs_join(sdk_locate()->root, "boards");
        *loader = fs_join(boards, m->kind == MACHINE_SIFIVE_U ? "unleashed/u-boot-spl.bin"
                                                              : "qemu-virt/u-boot.bin");
        free(boards);
        m->loader = *loader;
        if (!fs_is_file(m->loader))
            return complain(EXIT_NOT_STARTED,
                            "%s is missing: it is a part of the SDK; qrv verify says more",
                            m->loader);
    }
    return check_emulator(m);
}
