/* SPDX-License-Identifier: Apache-2.0 */
/* TMSG_SYS: reboot, configuration values, log lines, live object counts. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <abi/syspage.h>
#include "builtin/nodes.h"
#include "main/heap.h"
#include "main/message.h"
#include "path/path.h"

static int64_t reboot(struct message *m)
{
    const struct tmsg_id *req = message_as(m, sizeof(*req));

    if (!req)
        return -EINVAL;
    if (m->proc->cred.euid != 0)
        return -EPERM;
    if (req->value != TM_REBOOT_POWEROFF && req->value != TM_REBOOT_RESET)
        return -EINVAL;
    return kcall(TM_REBOOT, req->value, req->reserved, 0, 0, 0, 0);
}

static int64_t configuration(struct message *m)
{
    const struct tmsg_id *req = message_as(m, sizeof(*req));
    const struct qrv_syspage *sys = (const struct qrv_syspage *)QRV_SYSPAGE_ADDR;
    uint64_t *out = (void *)m->buffer;
    struct tm_mem_info mem;

    if (!req)
        return -EINVAL;
    if (kcall(TM_MEM_INFO, (long)&mem, 0, 0, 0, 0, 0) < 0)
        return -EIO;
    switch (req->value) {
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN:
        *out = sys->num_cpu;
        break;
    case _SC_PHYS_PAGES:
        *out = mem.total_bytes / QRV_PAGE_SIZE;
        break;
    case _SC_AVPHYS_PAGES:
        *out = mem.free_bytes / QRV_PAGE_SIZE;
        break;
    case _SC_OPEN_MAX:
        lock_acquire(&m->proc->lock);
        *out = m->proc->limit[7].cur;
        lock_release(&m->proc->lock);
        break;
    case _SC_CHILD_MAX:
        lock_acquire(&m->proc->lock);
        *out = m->proc->limit[6].cur;
        lock_release(&m->proc->lock);
        break;
    default:
        return -EINVAL;
    }
    return message_answer(m, out, sizeof(*out), 0);
}

/* Anybody may say something on the kernel's console, but not steer the terminal behind it. */
static int64_t log_text(struct message *m)
{
    char *text = (char *)m->buffer;
    size_t n = m->bytes - sizeof(struct tmsg_hdr);

    if (m->bytes < sizeof(struct tmsg_hdr))
        return -EINVAL;
    memcpy(text, m->data + sizeof(struct tmsg_hdr), n);
    for (size_t i = 0; i < n; i++)
        if (text[i] != '\n' && text[i] != '\t' && (text[i] < ' ' || text[i] == 0x7f))
            text[i] = '?';
    tmk_print(text, n);
    return 0;
}

static int64_t statistics(struct message *m)
{
    struct {
        struct tm_kstat kernel;
        struct taskman_stat own;
    } *out = (void *)m->buffer;
    int32_t pid = 0;
    long rc;

    memset(out, 0, sizeof(*out));
    rc = kcall(TM_KSTAT, (long)&out->kernel, 0, 0, 0, 0, 0);
    if (rc < 0)
        return rc;
    out->own.processes = atomic_load(&proc_count);
    while ((pid = proc_next_pid(pid + 1)) > 0) {
        struct proc *p = proc_get(pid);
        if (p) {
            out->own.regions += aspace_region_count(&p->as);
            proc_put(p);
        }
    }
    out->own.ocbs = ocb_count();
    path_counts(&out->own.path_nodes, &out->own.links);
    out->own.waiters = atomic_load(&waiter_count);
    out->own.shm_objects = shm_count();
    out->own.heap_bytes = heap_used();
    out->own.heap_pages = (uint32_t)heap_pages();
    return message_answer(m, out, sizeof(*out), 0);
}

static int64_t inject_failure(struct message *m)
{
    const struct tmsg_id *req = message_as(m, sizeof(*req));
    long rc = kcall(KC_DEBUG_FAIL, 0, 0, 0, 0, 0, 0);

    if (rc < 0)
        return rc; /* ENOSYS: the kernel that ships */
    if (!req || req->value < 0)
        return -EINVAL;
    if (m->proc->cred.euid != 0)
        return -EPERM;
    if (req->pid == TMSG_FAIL_HEAP)
        return (int64_t)heap_fail_at((uint64_t)req->value);
    kcall(KC_DEBUG_FAIL, req->value, 0, 0, 0, 0, 0);
    return rc;
}

int64_t tm_system(struct message *m)
{
    const struct tmsg_hdr *req = message_as(m, 4);

    switch (req ? req->subtype : 0) {
    case TMSG_SYS_REBOOT:
        return reboot(m);
    case TMSG_SYS_CONF:
        return configuration(m);
    case TMSG_SYS_LOG:
        return log_text(m);
    case TMSG_SYS_KSTAT:
        return statistics(m);
    case TMSG_SYS_MEMINFO: {
        long rc = kcall(TM_MEM_INFO, (long)m->buffer, 0, 0, 0, 0, 0);
        return rc < 0 ? rc : message_answer(m, m->buffer, sizeof(struct tm_mem_info), 0);
    }
    case TMSG_SYS_FAIL:
        return inject_failure(m);
    default:
        return -ENOSYS;
    }
}
