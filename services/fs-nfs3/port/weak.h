/* SPDX-License-Identifier: Apache-2.0 */
/* Included first into libnfs's zdr and init sources: these functions of theirs give way to port/zdr.c's. */
#pragma weak zdr_malloc
#pragma weak libnfs_zdr_u_int
#pragma weak libnfs_zdr_uint64_t
#pragma weak libnfs_zdr_bytes
#pragma weak libnfs_zdr_pointer
#pragma weak libnfs_zdr_opaque
#pragma weak libnfs_zdr_string
#pragma weak libnfs_zdr_array
#pragma weak libnfs_zdr_replymsg
#pragma weak rpc_add_fragment
