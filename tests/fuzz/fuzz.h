/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz targets have libFuzzer's entry point. Linked with driver.c they run a fixed number of
 * mutations of their seeds, always the same ones, under the sanitizers; with -DQRV_LIBFUZZER=ON and
 * clang they are libFuzzer programs.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
