/* SPDX-License-Identifier: Apache-2.0 */
/* A thread-local variable, compiled without debug information: GCC tells GDB nothing of where those are, the symbol table does. */
__thread int local = 7;
