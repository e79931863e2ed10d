/* SPDX-License-Identifier: Apache-2.0 */
/* Non-stop mode: threads stop and go on one by one, and GDB is told when it asks for more. */
#pragma once
#include "server.h"

void nonstop_switch(struct server *s, bool is_on); /* QNonStop */
void nonstop_vcont(struct server *s, const struct rsp_action *actions, size_t count);
void nonstop_interrupt(struct server *s); /* vCtrlC */
void nonstop_question(struct server *s);  /* ? */
void nonstop_stopped(struct server *s);   /* vStopped */
void nonstop_attached(const struct target *t); /* all of it stands still, GDB is to be told */
void nonstop_started(const struct target *t);  /* the same, and GDB is told with the answer */
void nonstop_event(struct target *t);     /* a pulse of t */
/* Around a change of breakpoints: those of a step are out of the way meanwhile. */
void nonstop_pause(struct target *t);
void nonstop_go_on(struct target *t);
/* After every packet and pulse: true: s->note is to be sent. */
bool nonstop_notify(struct server *s);
