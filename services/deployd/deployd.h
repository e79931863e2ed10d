/* SPDX-License-Identifier: Apache-2.0 */
/* deployd: the target's side of "qrv deploy" and its kin.  One thread, one connection; what is half
 * done when that ends stays in a file with another name, and is used by the next deployment. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto.h"

/* deployd.c: false when the connection is gone. */
bool reply(uint8_t type, const void *bytes, size_t n);
bool reply_error(int error, const char *text);
extern int channel_fd;

/* receive.c */
bool receive_begin(const uint8_t *bytes, size_t n);
bool receive_put(const uint8_t *bytes, size_t n);
bool receive_commit(void);
void receive_abandon(void);
bool send_file(const uint8_t *bytes, size_t n);

/* run.c */
bool run_command(char *bytes, size_t n);
bool start_shell(const char *bytes, size_t n);
bool reboot_soon(void);
