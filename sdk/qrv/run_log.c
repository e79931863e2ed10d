/* SPDX-License-Identifier: Apache-2.0 */
#include "run_log.h"

#include "../common/fs.h"
#include "../common/sdk.h"
#include "../deploy/panic_log.h"
#include "../deploy/words.h"

#include <stdlib.h>
#include <string.h>

void run_log_look(const char *file, const char *kernel)
{
    struct words words = {0};
    struct buf log = {0};
    int error = fs_read(file, &log);
    if (error == 0 && log.len > 0)
        words_take_line(&words, (const uint8_t *)log.data, log.len);
    buf_free(&log);
    if (words.panic.len > 0) {
        char *dir = fs_dirname(kernel != NULL ? kernel : ".");
        char *elf = fs_join(dir, "kernel.elf");
        char *path = xprintf("%s.panic", file);
        panic_lines(words.panic.data, (const char *const[]){elf, NULL}, &words.panic);
        error = fs_write(path, words.panic.data, words.panic.len, 0644);
        complain(0, "the kernel has panicked; its last words, with source lines: %s%s%s", path,
                 error != 0 ? ": " : "", error != 0 ? strerror(-error) : "");
        free(path);
        free(elf);
        free(dir);
    }
    words_free(&words);
}
