/* SPDX-License-Identifier: Apache-2.0 */
/* The few string functions the kernel uses; the compiler may call the mem* ones by itself. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
/* Copies at most size - 1 characters and always ends with NUL; returns strlen(src). */
size_t str_copy(char *dst, const char *src, size_t size);
