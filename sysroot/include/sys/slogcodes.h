/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of the system log: a 12-bit major and an 8-bit minor number. */
#pragma once

/* clang-format off */
#define _SLOG_SETCODE(major, minor) (((major) << 8) | ((minor) & 0xff))
#define _SLOG_GETMAJOR(code) (((code) >> 8) & 0xfff)
#define _SLOG_GETMINOR(code) ((code) & 0xff)

#define _SLOG_SHUTDOWN 0
#define _SLOG_CRITICAL 1
#define _SLOG_ERROR    2
#define _SLOG_WARNING  3
#define _SLOG_NOTICE   4
#define _SLOG_INFO     5
#define _SLOG_DEBUG1   6
#define _SLOG_DEBUG2   7

#define _SLOGC_CHAR     1
#define _SLOGC_CONSOLE  2
#define _SLOGC_FSYS     3
#define _SLOGC_GRAPHICS 4
#define _SLOGC_INPUT    5
#define _SLOGC_NETWORK  6
#define _SLOGC_PCI      7
#define _SLOGC_PROC     8
#define _SLOGC_USB      9
#define _SLOGC_AUDIO    10
#define _SLOGC_MEDIA    11
#define _SLOGC_PRIVATE_START 0xf00
#define _SLOGC_PRIVATE_END   0xfff
#define _SLOGC_TEST (_SLOGC_PRIVATE_START + 0)
/* clang-format on */
