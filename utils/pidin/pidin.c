/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#ifdef __USAGE
%C - shows processes and threads

%C [-hl] [-d tenths] [-F format | -f letters] [-o prio] [-p pid | -P pid] [shorthand...]

 -d tenths   time between two displays of -l, in 1/10 s (default 10)
 -F format   columns, as "%a %b %30N"; default "%a %b %N %p %J %B"
 -f letters  the same without % and widths
 -h          this text
 -l          displays again and again
 -o prio     runs at that priority
 -p pid      only this process (id or name)
 -P pid      this process and its descendants
Letters: A arguments, a pid, B blocked on, b tid, c code size, d data size, e parent, f flags
 (T ending, Z ended, S stopped), H priority now/own, h thread name, I pid-tid, i runmask,
 J state, K last kernel call, l last CPU, m stack size, N n name, P process group, p priority,
 R timers, S ignored signals, s pending signals, T threads, U user and group ids,
 [ lengths of send, receive, reply and pulse queues
Shorthands (may be abbreviated): arguments channels family fds flags info mapinfo memory
 rmasks sched session signals syspage threads timers times ttimes users
#endif
/* clang-format on */
#include "pidin.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_FORMAT "%a %b %N %p %J %B"

static const struct {
    const char *name, *format;
} shorthands[] = {
    {"arguments", "%a %A"},
    {"family", "%a %N %Z %P %e"},
    {"flags", "%a %N %f"},
    {"memory", "%a %b %N %p %J %c %d %m"},
    {"rmasks", "%a %b %N %i"},
    {"sched", "%a %b %N %H %J"},
    {"session", "%a %N %Z %P"},
    {"signals", "%a %b %N %S %s"},
    {"threads", "%a %b %N %h %p %J %B"},
    {"timers", "%a %N %R"},
    {"times", "%a %N %x %u %y"},
    {"ttimes", "%a %b %N %z"},
    {"users", "%a %N %U"},
};

static struct field fields[PIDIN_FIELDS_MAX];
static unsigned field_count;
static bool by_thread;

bool selection_has(const struct selection *selection, const procfs_info *info)
{
    const char *what = selection->process;
    char *end;
    if (what == NULL)
        return true;
    long pid = strtol(what, &end, 10);
    return *end == '\0' && end != what ? pid == info->pid
                                       : strcmp(proc_base(info->name), what) == 0;
}

/* Is the process the one that -P names, or does a chain of parents lead there? */
static bool is_of_family(const struct selection *selection, procfs_info info)
{
    struct selection head = {selection->family, NULL};
    for (int depth = 0; depth < 64; depth++) {
        if (selection_has(&head, &info))
            return true;
        int fd = info.ppid > 0 ? proc_open(info.ppid) : -1;
        if (fd == -1)
            return false;
        int error = proc_info(fd, &info);
        close(fd);
        if (error != 0)
            return false;
    }
    return false;
}

void for_each_process(const struct selection *selection, void (*func)(struct subject *subject))
{
    pid_t *pids = NULL;
    int n = proc_list(&pids);
    if (n == -1) {
        fprintf(stderr, "pidin: /proc: %s\n", strerror(errno));
        exit(1);
    }
    for (int i = 0; i < n; i++) {
        static struct subject subject;
        memset(&subject, 0, sizeof subject);
        subject.fd = proc_open(pids[i]);
        if (subject.fd == -1)
            continue; /* it ended, or is not ours to see */
        if (proc_info(subject.fd, &subject.info) == 0) {
            subject.info.name[sizeof subject.info.name - 1] = '\0';
            if (selection->family != NULL ? is_of_family(selection, subject.info)
                                          : selection_has(selection, &subject.info))
                func(&subject);
        }
        close(subject.fd);
    }
    free(pids);
}

/* %a, %20N, %-8J: one field each; other characters count as blanks. */
static bool parse_format(const char *format)
{
    field_count = 0;
    by_thread = false;
    while ((format = strchr(format, '%')) != NULL) {
        char *end;
        long width = strtol(format + 1, &end, 10);
        const struct column *column = *end != '\0' ? column_find(*end) : NULL;
        if (column == NULL || width < -1000 || width > 1000 || field_count == PIDIN_FIELDS_MAX) {
            fprintf(stderr, "pidin: %.20s: no such format\n", format);
            return false;
        }
        if (width == 0)
            width = column->width;
        else if (width > 0 && column->width <= 0)
            width = -width;
        fields[field_count++] = (struct field){column, (int)width};
        by_thread = by_thread || column->of_thread;
        format = end + 1;
    }
    if (field_count == 0)
        fprintf(stderr, "pidin: the format has no field\n");
    return field_count > 0;
}

static void print_field(unsigned i, const char *text)
{
    bool last = i + 1 == field_count;
    int width = fields[i].width;
    if (width < 0 && last)
        width = 0; /* no blanks at the end of a line */
    printf("%*s%s", width, text, last ? "\n" : " ");
}

static void print_header(void)
{
    for (unsigned i = 0; i < field_count; i++)
        print_field(i, fields[i].column->title);
}

static void print_line(struct subject *subject)
{
    static char text[PIDIN_TEXT_MAX];
    for (unsigned i = 0; i < field_count; i++) {
        text[0] = '\0';
        fields[i].column->print(subject, text, sizeof text);
        print_field(i, text);
    }
}

static void print_process(struct subject *subject)
{
    if (!by_thread) {
        print_line(subject);
        return;
    }
    int tid = 1, lines = 0;
    while (proc_thread(subject->fd, tid, &subject->thread) == 0 && subject->thread.tid >= tid) {
        subject->thread.name[sizeof subject->thread.name - 1] = '\0';
        print_line(subject);
        tid = subject->thread.tid + 1;
        lines++;
    }
    if (lines == 0) { /* ended, but not waited for yet */
        memset(&subject->thread, 0, sizeof subject->thread);
        print_line(subject);
    }
}

/* The only name that begins so, or the one that is exactly so; NULL with a message. */
static const char *expand(const char *word)
{
    const char *found = NULL;
    unsigned matches = 0;
    size_t len = strlen(word);
    const char *names[64];
    unsigned n = 0;
    for (size_t i = 0; i < sizeof shorthands / sizeof shorthands[0]; i++)
        names[n++] = shorthands[i].name;
    for (const char *const *report = report_names(); *report != NULL; report++)
        names[n++] = *report;
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(names[i], word) == 0)
            return names[i];
        if (strncmp(names[i], word, len) == 0) {
            found = names[i];
            matches++;
        }
    }
    if (matches == 1)
        return found;
    fprintf(stderr, "pidin: %s: %s shorthand\n", word, matches == 0 ? "no such" : "not a unique");
    return NULL;
}

static bool show_shorthand(const char *word, const struct selection *selection)
{
    const char *name = expand(word);
    if (name == NULL)
        return false;
    if (report_run(name, selection))
        return true;
    for (size_t i = 0; i < sizeof shorthands / sizeof shorthands[0]; i++) {
        if (strcmp(shorthands[i].name, name) == 0 && parse_format(shorthands[i].format)) {
            print_header();
            for_each_process(selection, print_process);
        }
    }
    return true;
}

static bool letters_to_format(const char *letters, char *format, size_t size)
{
    if (strlen(letters) * 3 + 1 > size)
        return false;
    *format = '\0';
    for (; *letters != '\0'; letters++)
        format += sprintf(format, "%%%c ", *letters);
    return true;
}

static bool set_priority(const char *text)
{
    int priority, policy;
    struct sched_param param;
    if (!proc_parse_priority(text, &priority, &policy))
        return false;
    param.sched_priority = priority;
    return sched_setscheduler(0, policy >= 0 ? policy : SCHED_RR, &param) != -1;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: pidin [-hl] [-d tenths] [-F format | -f letters] [-o prio] [-p pid | -P pid] "
            "[shorthand...]; \"use pidin\" says more\n");
    return 2;
}

static bool show(int argc, char **argv, const char *format, const struct selection *selection)
{
    bool good = true;
    if (optind == argc) {
        if (!parse_format(format))
            return false;
        print_header();
        for_each_process(selection, print_process);
    }
    for (int i = optind; i < argc; i++)
        good = show_shorthand(argv[i], selection) && good;
    fflush(stdout);
    return good;
}

int main(int argc, char **argv)
{
    static char format[256] = DEFAULT_FORMAT;
    struct selection selection = {NULL, NULL};
    bool loop = false;
    long tenths = 10;
    int option;
    while ((option = getopt(argc, argv, "d:F:f:hlo:P:p:")) != -1) {
        switch (option) {
        case 'd':
            tenths = strtol(optarg, NULL, 10);
            break;
        case 'F':
            snprintf(format, sizeof format, "%s", optarg);
            break;
        case 'f':
            if (!letters_to_format(optarg, format, sizeof format))
                return usage();
            break;
        case 'l':
            loop = true;
            break;
        case 'o':
            if (!set_priority(optarg)) {
                fprintf(stderr, "pidin: -o %s: not a priority that I may have\n", optarg);
                return 2;
            }
            break;
        case 'P':
            selection.family = optarg;
            break;
        case 'p':
            selection.process = optarg;
            break;
        default:
            return usage();
        }
    }
    if (tenths < 1 || tenths > 36000)
        return usage();
    bool good = show(argc, argv, format, &selection);
    while (loop && good) {
        nanosleep(&(struct timespec){tenths / 10, tenths % 10 * 100000000}, NULL);
        good = show(argc, argv, format, &selection);
    }
    return good ? 0 : 1;
}
