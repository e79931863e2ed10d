/* SPDX-License-Identifier: Apache-2.0 */
/* The serial line below the multiplexer: a device that is read and written without waiting. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Opens the device and makes it raw; ready() runs in chardev_run() when there is input, or room again
 * after line_write() had none. 0 or errno. */
int line_open(const char *path, unsigned baud, void (*ready)(void));
size_t line_read(uint8_t *to, size_t max);         /* 0: nothing there */
bool line_watch(void);                             /* ready() at the next input; true: there is some */
size_t line_write(const uint8_t *bytes, size_t n); /* how many it took */
bool line_is_drained(void);
