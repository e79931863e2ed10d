/* SPDX-License-Identifier: Apache-2.0 */
#include "bootfs.h"

#include "../common/buf.h"

#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096, INODES = 128 };

uint64_t bootfs_need(const struct bootfs *b)
{
    uint64_t blocks = 64; /* the structures of one group, directories */
    for (size_t i = 0; i < b->count; i++)
        blocks += b->files[i].len / BLOCK + b->files[i].len / BLOCK / 512 + 4;
    return (blocks + blocks / 4) * BLOCK;
}

static errcode_t create(const struct bootfs *b, const char *path, uint64_t offset, uint64_t bytes,
                        ext2_filsys *out)
{
    struct ext2_super_block param = {0};
    char option[40];
    param.s_rev_level = EXT2_DYNAMIC_REV;
    param.s_log_block_size = 2;
    param.s_inode_size = 256;
    param.s_inodes_count = INODES;
    param.s_blocks_count = (uint32_t)(bytes / BLOCK);
    param.s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE;
    param.s_feature_ro_compat =
        EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE;
    errcode_t err = ext2fs_initialize(path, EXT2_FLAG_EXCLUSIVE | EXT2_FLAG_64BITS, &param,
                                      unix_io_manager, out);
    if (err != 0)
        return err;
    ext2_filsys fs = *out;
    snprintf(option, sizeof option, "offset=%llu", (unsigned long long)offset);
    err = io_channel_set_options(fs->io, option);
    fs->now = (time_t)b->time;
    fs->umask = 022;
    struct ext2_super_block *sb = fs->super;
    memcpy(sb->s_uuid, b->uuid, sizeof sb->s_uuid);
    memcpy(sb->s_hash_seed, b->uuid, sizeof sb->s_uuid);
    strncpy((char *)sb->s_volume_name, b->label, sizeof sb->s_volume_name);
    sb->s_mkfs_time = sb->s_lastcheck = b->time;
    sb->s_creator_os = EXT2_OS_LINUX;
    sb->s_errors = EXT2_ERRORS_CONTINUE;
    sb->s_min_extra_isize = sb->s_want_extra_isize = 32;
    ext2fs_r_blocks_count_set(sb, 0);
    return err;
}

/* What mke2fs does next: tables without old content, the reserved inodes, the first two
 * directories. */
static errcode_t lay_out(ext2_filsys fs)
{
    errcode_t err = ext2fs_allocate_tables(fs);
    for (dgrp_t g = 0; err == 0 && g < fs->group_desc_count; g++)
        err = ext2fs_zero_blocks2(fs, ext2fs_inode_table_loc(fs, g),
                                  (int)fs->inode_blocks_per_group, NULL, NULL);
    for (ext2_ino_t i = EXT2_ROOT_INO + 1; i < EXT2_FIRST_INODE(fs->super); i++)
        ext2fs_inode_alloc_stats2(fs, i, +1, 0);
    ext2fs_inode_alloc_stats2(fs, EXT2_BAD_INO, +1, 0);
    if (err == 0)
        err = ext2fs_mkdir(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, NULL);
    if (err == 0)
        err = ext2fs_mkdir(fs, EXT2_ROOT_INO, 0, "lost+found");
    if (err == 0)
        err = ext2fs_update_bb_inode(fs, NULL);
    return err;
}

/* The directory that path lies in; it is made if need be. One level is all we have. */
static errcode_t directory(ext2_filsys fs, const char *path, ext2_ino_t *dir, const char **name)
{
    const char *slash = strchr(path + 1, '/');
    *dir = EXT2_ROOT_INO;
    *name = path + 1;
    if (slash == NULL)
        return 0;
    char *first = xstrndup(path + 1, (size_t)(slash - path - 1));
    errcode_t err = ext2fs_lookup(fs, EXT2_ROOT_INO, first, (int)strlen(first), NULL, dir);
    if (err == EXT2_ET_FILE_NOT_FOUND) {
        err = ext2fs_mkdir(fs, EXT2_ROOT_INO, 0, first);
        if (err == 0)
            err = ext2fs_lookup(fs, EXT2_ROOT_INO, first, (int)strlen(first), NULL, dir);
    }
    free(first);
    *name = slash + 1;
    return err;
}

static errcode_t fill(ext2_filsys fs, ext2_ino_t ino, const struct bootfs_file *f)
{
    ext2_file_t file;
    const char *at = f->data;
    size_t left = f->len;
    errcode_t err = ext2fs_file_open(fs, ino, EXT2_FILE_WRITE, &file);
    if (err != 0)
        return err;
    while (err == 0 && left > 0) {
        unsigned part = left < (1u << 20) ? (unsigned)left : 1u << 20;
        unsigned done = 0;
        err = ext2fs_file_write(file, at, part, &done);
        at += done;
        left -= done;
    }
    errcode_t end = ext2fs_file_close(file);
    return err != 0 ? err : end;
}

static errcode_t add(ext2_filsys fs, const struct bootfs *b, const struct bootfs_file *f)
{
    struct ext2_inode inode = {0};
    ext2_ino_t dir, ino;
    const char *name;
    errcode_t err = directory(fs, f->path, &dir, &name);
    if (err == 0)
        err = ext2fs_new_inode(fs, dir, LINUX_S_IFREG | 0644, NULL, &ino);
    if (err == 0)
        err = ext2fs_link(fs, dir, name, ino, EXT2_FT_REG_FILE);
    if (err != 0)
        return err;
    ext2fs_inode_alloc_stats2(fs, ino, +1, 0);
    inode.i_mode = LINUX_S_IFREG | 0644;
    inode.i_links_count = 1;
    inode.i_atime = inode.i_ctime = inode.i_mtime = b->time;
    err = ext2fs_inode_size_set(fs, &inode, f->len);
    if (err == 0)
        err = ext2fs_write_new_inode(fs, ino, &inode);
    return err != 0 ? err : fill(fs, ino, f);
}

const char *bootfs_make(const struct bootfs *b, const char *path, uint64_t offset, uint64_t bytes)
{
    static char why[256];
    ext2_filsys fs = NULL;
    initialize_ext2_error_table();
    errcode_t err = create(b, path, offset, bytes, &fs);
    if (err == 0)
        err = lay_out(fs);
    for (size_t i = 0; err == 0 && i < b->count; i++)
        err = add(fs, b, &b->files[i]);
    if (fs != NULL) {
        if (err == 0)
            err = ext2fs_close_free(&fs);
        else
            ext2fs_free(fs);
    }
    if (err == 0)
        return NULL;
    snprintf(why, sizeof why, "%s",
             err == EXT2_ET_BLOCK_ALLOC_FAIL ? "the boot partition is too small"
                                             : error_message(err));
    return why;
}
