/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little of ELF that the host tools need: is it one of ours, make it small, carry a usage
 * message. Input bytes are not trusted: every offset is checked before it is followed.
 */
#pragma once

#include "buf.h"

#include <stdbool.h>
#include <stdint.h>

#include "../../sysroot/include/abi/usage.h" /* USAGE_SECTION */

enum elf_kind { ELF_NOT, ELF_OTHER, ELF_RISCV64_EXEC, ELF_RISCV64_DYN, ELF_RISCV64_OBJECT };

/* ELF_OTHER: it is ELF, but for another machine or of a type that cannot be loaded. */
enum elf_kind elf_classify(const void *data, size_t len);

/*
 * Appends a copy to out in which the loadable part is as it was, with its section headers, and of the other sections only the usage
 * message is left. Returns NULL, or the reason why the file cannot be copied (static text).
 */
const char *elf_strip(const void *data, size_t len, struct buf *out);

/* The same with the usage message replaced by text; debug sections are kept. */
const char *elf_set_usage(const void *data, size_t len, const void *text, size_t text_len,
                          struct buf *out);

/* The usage message inside the file, or NULL. Not terminated: *text_len says how long it is. */
const char *elf_usage(const void *data, size_t len, size_t *text_len);

/*
 * The next shared library that a program asks for (DT_NEEDED), or NULL. *at is 0 for the first call
 * and counts on; the string is inside data.
 */
const char *elf_needed(const void *data, size_t len, size_t *at);

/* The build ID of a program or library: *id_len bytes inside data, or NULL. A file that was cut off
 * has one as long as its headers and notes are there. */
const char *elf_build_id(const void *data, size_t len, size_t *id_len);

/* The path of the dynamic linker that a program asks for, inside data; NULL: none. */
const char *elf_interpreter(const void *data, size_t len);
