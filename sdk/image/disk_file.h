/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file or device that a disk is written to. A file is made beside its place and renamed at the
 * end, so what was there stays until the new one is complete; a device is written in place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_file {
    char *path;  /* where the bytes go meanwhile */
    char *final; /* NULL: path is the place itself (a device) */
    int fd;
};

/* May it be written? *device becomes its size in bytes if it is a device, else 0. 0, or an exit
 * code after a message. */
int disk_file_check(const char *path, bool force, uint64_t *device);

/* Makes or opens it, bytes long. 0, or an exit code after a message; then there is nothing to
 * close. */
int disk_file_open(struct disk_file *f, const char *path, uint64_t bytes);

int disk_file_put(struct disk_file *f, uint64_t offset, const void *data, size_t len);

/* Ends the work: puts the file in place if result is 0, else takes it away. The exit code. */
int disk_file_close(struct disk_file *f, int result);
