/* SPDX-License-Identifier: Apache-2.0 */
#include "../common/json.h"
#include "../common/sdk.h"
#include "disk.h"
#include "gpt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_at(int fd, uint8_t *to, size_t len, uint64_t offset)
{
    return pread(fd, to, len, (off_t)offset) == (ssize_t)len;
}

bool disk_is(const char *file)
{
    uint8_t magic[8] = {0};
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read_at(fd, magic, sizeof magic, GPT_SECTOR) &&
              memcmp(magic, "EFI PART", 8) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

static void print_text(const struct gpt *g)
{
    printf("disk %s, %" PRIu64 " sectors\n", g->guid, g->sectors);
    for (size_t i = 0; i < g->count; i++) {
        const struct gpt_part *part = &g->parts[i];
        printf("%zu %10" PRIu64 " %10" PRIu64 " %s %s%s\n", i + 1, part->first, part->last,
               part->type, part->name, part->attributes & GPT_ATTR_BOOT ? " (boot)" : "");
    }
}

static void print_json(const struct gpt *g)
{
    struct json j = {0};
    json_object(&j, NULL);
    json_string(&j, "guid", g->guid);
    json_number(&j, "sectors", (int64_t)g->sectors);
    json_array(&j, "partitions");
    for (size_t i = 0; i < g->count; i++) {
        const struct gpt_part *part = &g->parts[i];
        json_object(&j, NULL);
        json_string(&j, "name", part->name);
        json_string(&j, "type", part->type);
        json_string(&j, "guid", part->guid);
        json_number(&j, "first", (int64_t)part->first);
        json_number(&j, "last", (int64_t)part->last);
        json_number(&j, "attributes", (int64_t)part->attributes);
        json_end(&j);
    }
    json_end(&j);
    json_end(&j);
    json_print(&j);
}

const char *disk_read(const char *file, struct gpt *g)
{
    static uint8_t head[GPT_HEAD_BYTES];
    static uint8_t tail[GPT_TAIL_BYTES];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    off_t end = lseek(fd, 0, SEEK_END);
    uint64_t sectors = end > 0 ? (uint64_t)end / GPT_SECTOR : 0;
    const char *why = "it cannot be read";
    if (sectors < GPT_HEAD_SECTORS + GPT_TAIL_SECTORS)
        why = "it is too small for a partition table";
    else if (read_at(fd, head, sizeof head, 0) &&
             read_at(fd, tail, sizeof tail, (sectors - GPT_TAIL_SECTORS) * GPT_SECTOR)) {
        why = gpt_read(head, sectors, g);
        if (why == NULL)
            why = gpt_check_tail(g, tail);
    }
    close(fd);
    return why;
}

int disk_list(const char *file, bool json)
{
    static struct gpt g;
    const char *why = disk_read(file, &g);
    if (why != NULL)
        return complain(EXIT_INPUT, "%s: %s", file, why);
    if (json)
        print_json(&g);
    else
        print_text(&g);
    return EXIT_OK;
}
