/* SPDX-License-Identifier: Apache-2.0 */
/* What nfs3.c and dir.c share: status codes, attributes, names. */
#pragma once

#include <sys/stat.h>

#include "node.h"
#include "server.h"

uint32_t nfs3_status(int error); /* of an errno value */
void nfs3_put_attr(struct xdr_out *out, const struct stat *st);
void nfs3_put_post(struct xdr_out *out, struct node *n); /* post_op_attr; n may be NULL */
struct node *nfs3_get_node(struct xdr_in *in, int *error);
