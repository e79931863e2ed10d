#include "report.h"

#include <sys/utsname.h>
#include <unistd.h>

void report_system(FILE *to)
{
    struct utsname name;
    if (uname(&name) != -1)
        fprintf(to, "%s %s on %s, %ld harts\n", name.sysname, name.release, name.machine,
                sysconf(_SC_NPROCESSORS_ONLN));
}

int report_file(FILE *to, const char *path)
{
    char line[256];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL)
        fputs(line, to);
    fclose(file);
    return 0;
}
