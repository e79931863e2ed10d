/* What there is to say about the machine. */
#pragma once

#include <stdio.h>

/* Writes the name of the system, its release and how many harts it has. */
void report_system(FILE *to);

/* Writes a file to the end; 0, or -1 with errno. */
int report_file(FILE *to, const char *path);
