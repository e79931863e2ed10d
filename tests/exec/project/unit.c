/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int sum_of(int n);

static int cat(FILE *f)
{
    char line[100];
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        printf("got %s", line);
    return f == NULL;
}

static int temporary(void)
{
    char name[] = "/tmp/qrv-exec-test-XXXXXX";
    int fd = mkstemp(name);
    FILE *f = tmpfile();
    if (fd == -1 || f == NULL || write(fd, "x", 1) != 1 || unlink(name) != 0)
        return 1;
    fprintf(f, "text");
    rewind(f);
    return fgetc(f) == 't' ? 0 : 1;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "sum") == 0)
        return sum_of(atoi(argv[2])) == atoi(argv[3]) ? 0 : 1;
    if (strcmp(what, "say") == 0) {
        for (int i = 2; i < argc; i++)
            printf("<%s>", argv[i]);
        return 0;
    }
    if (strcmp(what, "variable") == 0)
        return printf("%s=%s\n", argv[2], getenv(argv[2])) < 0;
    if (strcmp(what, "cat") == 0)
        return cat(fopen(argv[2], "r"));
    if (strcmp(what, "input") == 0)
        return cat(stdin);
    if (strcmp(what, "write") == 0) {
        FILE *f = fopen(argv[2], "w");
        return f == NULL || fprintf(f, "by the target\n") < 0 || fclose(f) != 0;
    }
    if (strcmp(what, "temporary") == 0)
        return temporary();
    if (strcmp(what, "exit") == 0)
        return atoi(argv[2]);
    if (strcmp(what, "sleep") == 0)
        sleep(1000);
    if (strcmp(what, "crash") == 0)
        abort();
    return 2;
}
