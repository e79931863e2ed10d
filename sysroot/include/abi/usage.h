/* SPDX-License-Identifier: Apache-2.0 */
/* The usage message of a program file: an ELF section of this name, type PROGBITS, not loaded, that holds plain
 * text without a final NUL. In the text %C stands for the name of the command. "qrv usemsg" (and qrv image,
 * which strips everything else) writes it, "use" prints it; the last section of that name counts. */
#pragma once

#define USAGE_SECTION "QNX_usage"
