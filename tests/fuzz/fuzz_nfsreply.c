/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of NFS servers, as fs-nfs3 reads them: libnfs's engine and decoders over our XDR (services/fs-nfs3/port/zdr.c). First
 * byte: of which procedure; the rest is the record behind its mark, whose number becomes the one that was sent. Every text and block
 * that comes out can be read to its end. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "libnfs-zdr.h"
#include "libnfs.h"
#include "libnfs-raw.h"
#include "libnfs-raw-mount.h"
#include "libnfs-raw-nfs.h"
#include "libnfs-private.h"

static volatile unsigned sum;
static int kind;

static void touch(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += (unsigned char)data[i];
}

static void touch_handle(const struct nfs_fh3 *h)
{
    touch(h->data.data_val, h->data.data_len);
}

static void on_answer(struct rpc_context *rpc, int status, void *data, void *private)
{
    (void)rpc;
    *(int *)private += 1;
    if (status != RPC_STATUS_SUCCESS)
        return;
    if (kind == 0) {
        const struct READ3res *r = data;
        if (r->status == NFS3_OK)
            touch(r->READ3res_u.resok.data.data_val, r->READ3res_u.resok.data.data_len);
    } else if (kind == 1) {
        const struct READDIR3res *r = data;
        if (r->status == NFS3_OK)
            for (const struct entry3 *e = r->READDIR3res_u.resok.reply.entries; e != NULL; e = e->nextentry)
                touch(e->name, strlen(e->name));
    } else if (kind == 2) {
        const struct LOOKUP3res *r = data;
        if (r->status == NFS3_OK)
            touch_handle(&r->LOOKUP3res_u.resok.object);
    } else if (kind == 3) {
        const struct READLINK3res *r = data;
        if (r->status == NFS3_OK)
            touch(r->READLINK3res_u.resok.data, strlen(r->READLINK3res_u.resok.data));
    } else if (kind == 4) {
        const struct mountres3 *r = data;
        if (r->fhs_status == MNT3_OK)
            touch(r->mountres3_u.mountinfo.fhandle.fhandle3_val, r->mountres3_u.mountinfo.fhandle.fhandle3_len);
    } else if (kind == 5) {
        const struct CREATE3res *r = data;
        if (r->status == NFS3_OK && r->CREATE3res_u.resok.obj.handle_follows)
            touch_handle(&r->CREATE3res_u.resok.obj.post_op_fh3_u.handle);
    }
}

static int ask(struct rpc_context *rpc, int *answered)
{
    struct nfs_fh3 h = {{4, "abcd"}};
    switch (kind) {
    case 0:
        return rpc_nfs3_read_async(rpc, on_answer, &(struct READ3args){h, 0, 100}, answered);
    case 1:
        return rpc_nfs3_readdir_async(rpc, on_answer, &(struct READDIR3args){.dir = h, .count = 4096}, answered);
    case 2:
        return rpc_nfs3_lookup_async(rpc, on_answer, &(struct LOOKUP3args){{h, "x"}}, answered);
    case 3:
        return rpc_nfs3_readlink_async(rpc, on_answer, &(struct READLINK3args){h}, answered);
    case 4:
        return rpc_mount3_mnt_async(rpc, on_answer, "/", answered);
    case 5:
        return rpc_nfs3_create_async(rpc, on_answer, &(struct CREATE3args){.where = {h, "x"}}, answered);
    default:
        return rpc_nfs3_write_async(rpc, on_answer, &(struct WRITE3args){.file = h, .count = 1, .data = {1, "x"}},
                                    answered);
    }
}

/* As if it had been sent. */
static uint32_t move_to_waiting(struct rpc_context *rpc)
{
    struct rpc_pdu *pdu = rpc->outqueue.head;
    rpc->outqueue.head = rpc->outqueue.tail = NULL;
    rpc_enqueue(&rpc->waitpdu[rpc_hash_xid(pdu->xid)], pdu);
    rpc->waitpdu_len++;
    return pdu->xid;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int answered = 0;
    if (size < 1 || size > 1 << 16)
        return 0;
    struct rpc_context *rpc = rpc_init_context();
    kind = data[0] % 7;
    if (rpc == NULL || ask(rpc, &answered) != 0)
        abort();
    uint32_t xid = move_to_waiting(rpc), mark = (uint32_t)(size - 1) | ((data[0] & 0x80) ? 0 : 0x80000000u);
    char *record = malloc(size + 3);
    memcpy(record + 4, data + 1, size - 1);
    for (int i = 0; i < 4; i++)
        record[i] = (char)(mark >> (24 - 8 * i));
    for (int i = 0; i < 4 && size > 4; i++)
        record[4 + i] = (char)(xid >> (24 - 8 * i));
    rpc_process_pdu(rpc, record, (int)size + 3);
    free(record);
    rpc_destroy_context(rpc);
    if (answered != 1) /* once, whatever came */
        abort();
    return 0;
}
