/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP calls with each packet that has come in. */
#pragma once
struct pbuf;
int net_look_at(struct pbuf *p);
