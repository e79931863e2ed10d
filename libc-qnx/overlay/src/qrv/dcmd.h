/* SPDX-License-Identifier: Apache-2.0 */
/* The devctl() commands that system calls turn into. */
#pragma once
#include <devctl.h>
#include <sys/dcmd_all.h>
#include <sys/dcmd_chr.h>
