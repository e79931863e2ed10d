/* SPDX-License-Identifier: Apache-2.0 */
/* The one program the kernel loads: taskman, a static ELF64 executable in the initrd.  The file is checked like foreign bytes;
 * what is wrong with it is said in a panic, because there is nothing to go on with. */
#include "core/boot.h"
#include "lib/cpio.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "object/process.h"

/* taskman's own layout; its memory manager finds the stack by sp and the initrd by a0. */
#define INITRD_VA 0x3000000000UL
#define STACK_TOP 0x3f00000000UL
#define STACK_BYTES 65536UL

#define PHDRS_MAX 16
#define PT_LOAD 1
#define PT_INTERP 3
#define EM_RISCV 243
#define ET_EXEC 2
#define PF_X 1
#define PF_W 2
#define PF_R 4

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

static const char *check_header(const struct elf_header *h, size_t bytes)
{
    static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F', 2, 1, 1 }; /* 64 bits, little endian */
    if (memcmp(h->ident, magic, sizeof(magic)) != 0)
        return "is no ELF64 file";
    if (h->machine != EM_RISCV || h->type != ET_EXEC)
        return "is no static RISC-V executable";
    if (h->phentsize != sizeof(struct elf_phdr) || h->phnum == 0 || h->phnum > PHDRS_MAX || h->phoff > bytes ||
        h->phnum * sizeof(struct elf_phdr) > bytes - h->phoff)
        return "has a broken program header table";
    return NULL;
}

static const char *check_segment(const struct elf_phdr *p, size_t bytes, uint64_t last_end)
{
    if (p->type == PT_INTERP)
        return "is linked dynamically";
    if (p->type != PT_LOAD || p->memsz == 0)
        return NULL;
    if (p->filesz > p->memsz || p->offset > bytes || p->filesz > bytes - p->offset)
        return "has a segment that the file does not hold";
    if (p->memsz > INITRD_VA || p->vaddr > INITRD_VA - p->memsz || p->vaddr < PAGE_SIZE)
        return "has a segment outside its part of the address space";
    if (ALIGN_DOWN(p->vaddr, PAGE_SIZE) < last_end)
        return "has segments that share a page or are not sorted";
    return NULL;
}

static int load_segment(struct aspace *as, const struct elf_phdr *p, const char *file)
{
    uint64_t va = ALIGN_DOWN(p->vaddr, PAGE_SIZE), bytes = ALIGN_UP(p->vaddr + p->memsz, PAGE_SIZE) - va;
    uint32_t prot = (p->flags & PF_R ? TM_PROT_READ : 0) | (p->flags & PF_W ? TM_PROT_WRITE : 0) |
                    (p->flags & PF_X ? TM_PROT_EXEC : 0);
    int err = aspace_map_anon(as, va, bytes, TM_PROT_READ | TM_PROT_WRITE, TM_MAP_ANON);
    if (err == 0)
        err = write_aspace(as, UADDR(p->vaddr), file + p->offset, p->filesz);
    if (err == 0)
        err = aspace_protect(as, va, bytes, prot); /* syncs the instruction caches */
    return err;
}

static const char *load_elf(struct aspace *as, const char *file, size_t bytes, uint64_t *entry)
{
    struct elf_header h;
    if (bytes < sizeof(h))
        return "is too short";
    memcpy(&h, file, sizeof(h));
    const char *wrong = check_header(&h, bytes);
    uint64_t last_end = 0;
    for (unsigned i = 0; i < h.phnum && wrong == NULL; i++) {
        struct elf_phdr p;
        memcpy(&p, file + h.phoff + i * sizeof(p), sizeof(p));
        wrong = check_segment(&p, bytes, last_end);
        if (wrong != NULL || p.type != PT_LOAD || p.memsz == 0)
            continue;
        if (load_segment(as, &p, file) != 0)
            wrong = "does not fit into memory";
        last_end = ALIGN_UP(p.vaddr + p.memsz, PAGE_SIZE);
    }
    *entry = h.entry;
    return wrong;
}

void taskman_load(void)
{
    const void *file;
    size_t bytes;
    uint64_t entry = 0;
    if (kernel_info.initrd_bytes == 0)
        panic("no initrd: give the boot loader a boot archive");
    if (!cpio_find(phys_to_virt(kernel_info.initrd), kernel_info.initrd_bytes, "taskman", &file, &bytes))
        panic("no member `taskman` in the initrd (%lu bytes): is it a cpio newc archive?", kernel_info.initrd_bytes);

    struct tm_proc_create pc = { .attr = { .abilities = TM_ABLE_ALL, .name = "taskman" } };
    struct process *p;
    int err = process_create(&pc, NULL, &p);
    if (err != 0 || p->pid != TASKMAN_PID)
        panic("cannot create process 1 (%d)", err);
    taskman = p;
    const char *wrong = load_elf(p->as, file, bytes, &entry);
    if (wrong != NULL)
        panic("taskman in the initrd %s", wrong);

    paddr_t first = ALIGN_DOWN(kernel_info.initrd, PAGE_SIZE);
    uint64_t span = ALIGN_UP(kernel_info.initrd + kernel_info.initrd_bytes, PAGE_SIZE) - first;
    if (aspace_map_phys(p->as, INITRD_VA, span, TM_PROT_READ, first) != 0 ||
        aspace_map_anon(p->as, STACK_TOP - STACK_BYTES, STACK_BYTES, TM_PROT_READ | TM_PROT_WRITE, TM_MAP_ANON) != 0)
        panic("no memory for taskman's initrd or stack");

    struct _kc_thread_create tc = {
        .flags = _KC_TC_SCHED,
        .entry = entry,
        .arg = INITRD_VA + (kernel_info.initrd - first),
        .arg1 = kernel_info.initrd_bytes,
        .sp = STACK_TOP,
        .policy = _KC_SCHED_RR,
        .priority = QRV_PRIO_DEFAULT,
        .stack_lo = STACK_TOP - STACK_BYTES,
        .stack_size = STACK_BYTES,
    };
    err = thread_create(p, &tc, NULL, NULL);
    if (err < 0)
        panic("cannot create taskman's first thread (%d)", err);
}
