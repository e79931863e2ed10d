# SPDX-License-Identifier: Apache-2.0
#
# GCC as the assembler driver: nothing beyond Platform/QRV.cmake.
