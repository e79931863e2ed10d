# SPDX-License-Identifier: Apache-2.0
#
# Read before the compilers are looked at. LINUX and BSD stay unset: QRV is neither.

set(QRV 1)
set(UNIX 1)
