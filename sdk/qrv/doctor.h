/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of qrv doctor: the report, checks of the machine, checks of the SDK. */
#pragma once

#include "../common/json.h"
#include "host.h"

#include <stdbool.h>

struct report {
    bool as_json;
    bool full; /* compare every byte of the SDK */
    struct json json;
    int problems;
    int notes;
    struct release release;
};

/* One finding each. fix says what to do; detail what is the matter. */
void tell_ok(struct report *r, const char *what, const char *detail);
void tell_note(struct report *r, const char *what, const char *detail, const char *fix);
void tell_problem(struct report *r, const char *what, const char *detail, const char *fix);

/*
 * Runs a command and reads the first version number (digits, dot, digits) behind marker in its
 * output; false when there is none within ten seconds.
 */
bool probe_version(char *const argv[], const char *marker, int *major, int *minor);

void doctor_check_host(struct report *r);        /* processor, C library, temporary files */
void doctor_check_tools(struct report *r);       /* CMake, Ninja, QEMU, OpenSBI */
void doctor_check_environment(struct report *r); /* variables that get in the way */
void doctor_check_serial(struct report *r);      /* adapters and who may use them */
