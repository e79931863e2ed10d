/* SPDX-License-Identifier: Apache-2.0 */
/* The rendezvous of kernel/ipc and kernel/object/{channel,conn,timeout}.c: send, receive, reply, unblock, timeout, signal, death,
 * detach, on as many harts as there are threads.
 *
 * What one lock guards is one step here: channel.lock (which is *lockp of a SEND-, RECEIVE- or REPLY-blocked thread), process.lock.
 * That *lockp leads to the right lock, and that a thread runs on one hart, is memory.pml's subject.  Between steps anything may happen.
 * Steps have names (S1, R3, ...), which stand in the kernel's comments too; docs/architecture/message-path.md lists them.
 *
 * One channel.  Client threads come first, then the server's; the last is the rogue.  Messages have a number, gen, that only
 * assertions read.  Priorities and contents are left out; who is first in a queue is anybody.
 */

/* Configuration, see tests/model/configs. */
#ifndef CLIENTS
#define CLIENTS 1
#endif
#ifndef SERVERS
#define SERVERS 1 /* 1 or 2 threads that receive */
#endif
#ifndef SENDS
#define SENDS 2 /* messages per client thread */
#endif
#ifndef SIGNALS
#define SIGNALS 0 /* 1: clients are signalled now and again */
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 0 /* 1: sends may have a deadline for SEND, REPLY or both */
#endif
#ifndef KILLS
#define KILLS 0 /* 1: the client's process is killed at some time, 2: the server's */
#endif
#ifndef ROGUE
#define ROGUE 0 /* a thread of the server that 1: guesses rcvids, 2: destroys and detaches */
#endif
#ifndef ROGUE_ACTS
#define ROGUE_ACTS 1
#endif
#ifndef SELF
#define SELF 0 /* 1: client and server are one process */
#endif
#ifndef REATTACH
#define REATTACH 0 /* 1: client 0 may detach and attach before a message */
#endif
#ifndef UNBLOCK
#define UNBLOCK 2 /* _NTO_CHF_UNBLOCK: 0, 1, 2 either */
#endif
#ifndef DISCONNECT
#define DISCONNECT 0 /* _NTO_CHF_DISCONNECT */
#endif
#ifndef FORGET
#define FORGET 0 /* 1: the server leaves messages unanswered, if something else ends the client's wait */
#endif
#ifndef FAULTS
#define FAULTS 0 /* 1: copies may fail */
#endif
#ifndef GENERAL
#define GENERAL 0 /* 1: a message may go the general way though the quick one would do */
#endif

#define FIRST_SERVER CLIENTS
#define ROGUE_ID (CLIENTS + SERVERS)
#define THREADS (CLIENTS + SERVERS + 1)
#define SERVER_PROC (1 - SELF)
#define PROC(t) (t < CLIENTS -> 0 : SERVER_PROC)
#define NONE 255
#define CONNS 2  /* memory for connections of the client */
#define SCONNS 2 /* and for the server's view of them */

/* thread.state */
#define RUNNING 0
#define READY 1
#define SEND 2
#define RECEIVE 3
#define REPLY 4
#define DEAD 5
#define STALLED 6 /* RECEIVE in channel.stalled: a copy of the client that its call is about is in the way */
#define blocked(t) (T[t].state == SEND || T[t].state == RECEIVE || T[t].state == REPLY || T[t].state == STALLED)

/* thread.kcont */
#define SEND_DROP 1
#define RECEIVE_FETCH 2
#define RECEIVE_PULSE 3
#define RECEIVE_DROP 4

/* msg.deferred: wake_cause + 1, or DEFERRED_FAIL */
#define BY_SIGNAL 1
#define BY_TIMEOUT 2
#define BY_KILL 4
#define BY_FAIL 5

/* results of a call */
#define OK 1
#define INTR 2
#define TIMEDOUT 3
#define SRCH 4
#define BADF 5
#define FAULT 6

/* what MsgReceive() brings */
#define MESSAGE 1
#define PULSE 2
#define GONE_AWAY 3

/* what a pulse says: client number, to unblock; or GONE + sconn */
#define GONE 16

typedef thread {
    byte state, kcont;
    byte seq;                       /* wait_seq */
    bit kill, signal;               /* flags */
    bit may_send, may_reply;        /* tmo.flags */
    bit armed;                     /* tmo.active */
    bit queued;                     /* its ktimer is in a queue */
    byte cookie;                    /* tmo.timer.cookie */
    byte conn;                      /* msg.conn: NONE or referenced */
    byte xfers;                     /* msg.xfers without the next two */
    bit fetching;                   /* XFER_FETCH: its message is on the way to a receiver */
    bit alone;                      /* XFER_ALONE: it is being answered */
    byte deferred;                  /* msg.deferred */
    bit unblock_req;                /* msg.unblock_req */
    byte partner;                   /* receiver: whose message, and */
    byte got_sc, got_gen;           /* its rcvid, when Q1 gives it */
    byte pulse;                     /* receiver: woken with it */
    byte results, result;           /* of the call it is in: how many, the last */
    byte gen;
    bit answered, asked             /* this message: by a server; by an unblock pulse to it */
};
thread T[THREADS];

bit chf_unblock;
byte ch_refs = 1;                   /* the table's */
bit ch_tab = 1, destroyed;
byte cn_refs[CONNS], cn_sc[CONNS];
bit cn_used[CONNS];
byte cn_tab = NONE;                 /* the client's one coid */
byte sc_refs[SCONNS], sc_conns[SCONNS];
bit sc_used[SCONNS], sc_tab[SCONNS], sc_listed[SCONNS], sc_detached[SCONNS], sc_told[SCONNS];
bit p_lock;                         /* process.lock of the server, where it is held over several steps */
byte unblock_pulses[CLIENTS];       /* queued on the channel */
byte unblock_sc[CLIENTS];
bit gone_pulse[SCONNS];
byte live[2];
bit dying[2], as_alive[2], torn[2];
byte clients_left = CLIENTS;

/* ---- waking and blocking (kernel/core/sched.c: see memory.pml) */

inline wake(who, cont) {
    assert(blocked(who));
    T[who].kcont = cont;
    T[who].state = READY
}

inline give_result(who, res) {
    assert(T[who].results == 0); /* a call has exactly one */
    T[who].results++;
    T[who].result = res
}

inline block(t, z) {
    T[t].state = z;
    T[t].seq++
}

/* ---- deadlines (object/timeout.c) */

/* T1: thread_timeout_start(), before the block */
inline timeout_start(t, wanted) {
    if
    :: wanted -> T[t].armed = 1; T[t].queued = 1; T[t].cookie = T[t].seq + 1
    :: else
    fi
}

/* T2: thread_timeout_move(), SEND to REPLY */
inline timeout_move(t) {
    if
    :: T[t].may_send && !T[t].may_reply -> T[t].armed = 0; T[t].queued = 0
    :: T[t].may_reply && !T[t].armed -> T[t].armed = 1; T[t].queued = 1; T[t].cookie = T[t].seq
    :: else
    fi
}

/* T4: thread_timeout_clear() */
inline timeout_clear(t) {
    T[t].armed = 0; T[t].queued = 0; T[t].may_send = 0; T[t].may_reply = 0
}

/* ---- ending a client's wait; channel.lock held */

#define held(t) (T[t].xfers || T[t].fetching || T[t].alone)

/* F1: send_fail_locked() */
inline send_fail(t, v) {
    if
    :: T[t].state == REPLY && held(t) -> T[t].deferred = BY_FAIL
    :: else -> give_result(t, v); wake(t, SEND_DROP)
    fi
}

/* D5: pulse_put_locked(): to a receiver that waits, or queued */
inline pulse_put(what) {
    if
    :: T[FIRST_SERVER].state == RECEIVE ->
        T[FIRST_SERVER].pulse = what; wake(FIRST_SERVER, RECEIVE_PULSE)
#if SERVERS == 2
    :: T[FIRST_SERVER].state != RECEIVE && T[FIRST_SERVER + 1].state == RECEIVE ->
        T[FIRST_SERVER + 1].pulse = what; wake(FIRST_SERVER + 1, RECEIVE_PULSE)
#endif
    :: else ->
        if
        :: what < CLIENTS -> unblock_pulses[what]++
        :: else -> gone_pulse[what - GONE] = 1
        fi
    fi
}

/* D3: reply_disturb() */
inline reply_disturb(t, cause) {
    if
    :: held(t) ->
        if
        :: T[t].deferred == 0 || (cause == BY_KILL && T[t].deferred != BY_FAIL) -> T[t].deferred = cause
        :: else
        fi
    :: !held(t) && (!chf_unblock || destroyed || (cause == BY_KILL && dying[SERVER_PROC])) ->
        send_fail(t, (cause == BY_TIMEOUT -> TIMEDOUT : INTR))
    :: else ->
        if
        :: !T[t].unblock_req ->
            assert(T[t].state == REPLY && !T[t].answered); /* never after the reply */
            assert(!T[t].asked);                           /* at most once */
            T[t].asked = 1;
            unblock_sc[t] = cn_sc[T[t].conn];
            pulse_put(t);
            T[t].unblock_req = 1
        :: else
        fi
    fi
}

/* D2: wait_ops.disturb of the wait t is in */
inline disturb(t, cause) {
    if
    :: T[t].state == SEND -> send_fail(t, (cause == BY_TIMEOUT -> TIMEDOUT : INTR))
    :: T[t].state == REPLY -> reply_disturb(t, cause)
    :: T[t].state == RECEIVE -> give_result(t, INTR); wake(t, RECEIVE_DROP)
    :: T[t].state == STALLED -> wake(t, 0)
    :: else
    fi
}

/* D4: reply_apply_deferred_locked() */
inline apply_deferred(t) {
    if
    :: held(t) || T[t].deferred == 0
    :: !held(t) && T[t].deferred == BY_FAIL -> T[t].deferred = 0; send_fail(t, SRCH)
    :: !held(t) && T[t].deferred != BY_FAIL && T[t].deferred != 0 ->
        d = T[t].deferred; T[t].deferred = 0;
        reply_disturb(t, d)
    fi
}

/* D6: let_go(): flags that were set before the block are seen here, later ones by D1.  A kill asks for what a signal would. */
inline let_go() {
    atomic {
        if
        :: T[me].seq == s0 && T[me].kill -> d = BY_KILL; disturb(me, d)
        :: T[me].seq == s0 && !T[me].kill && T[me].signal -> d = BY_SIGNAL; disturb(me, d)
        :: else
        fi
    }
    atomic { /* the hart that takes it: sched_pick(), thread_work() */
        T[me].state == READY -> T[me].state = RUNNING; k = T[me].kcont; T[me].kcont = 0; s0 = 0; d = 0
    }
}

/* ---- references (object/conn.c, object/channel.c)
 *
 * A call leaves what it gives back in put_cn (a connection or NONE), put_sc (an sconn, sc_n times) and ch_n; puts() gives it back, step by
 * step, nothing held. */

/* C4: sconn_put() */
inline sconn_puts() {
    do
    :: sc_n > 0 ->
        atomic {
            assert(sc_refs[put_sc] > 0);
            sc_refs[put_sc]--;
            sc_n--;
            if
            :: sc_refs[put_sc] == 0 -> sc_used[put_sc] = 0; assert(!sc_tab[put_sc] && !sc_listed[put_sc]); ch_n++
            :: else
            fi
        }
    :: else -> break
    od
}

inline puts() {
    unlink = 0;
    if
    :: put_cn != NONE ->
        atomic { /* C1: conn_put() */
            assert(cn_refs[put_cn] > 0);
            cn_refs[put_cn]--;
            last = cn_refs[put_cn] == 0;
            if
            :: last -> put_sc = cn_sc[put_cn]; cn_used[put_cn] = 0
            :: else
            fi;
            put_cn = NONE
        }
        if
        :: last ->
            sc_n = 1;
            ch_n++;
            atomic { /* C2 */
                assert(sc_refs[put_sc] > 0 && sc_conns[put_sc] > 0 && ch_refs > 0);
                sc_conns[put_sc]--;
                last = sc_conns[put_sc] == 0
            }
            if
            :: last ->
                atomic { /* C3: sconn_client_gone() */
                    !p_lock;
                    if
                    :: sc_conns[put_sc] == 0 && !sc_detached[put_sc] && !sc_told[put_sc] ->
                        if
                        :: DISCONNECT ->
                            sc_told[put_sc] = 1;
                            if
                            :: !destroyed && !gone_pulse[put_sc] -> pulse_put(GONE + put_sc)
                            :: else
                            fi
                        :: !DISCONNECT ->
                            sc_detached[put_sc] = 1; sc_listed[put_sc] = 0; sc_tab[put_sc] = 0;
                            sc_n++
                        fi
                    :: else
                    fi
                }
            :: else
            fi
        :: else
        fi
    :: else
    fi;
    sconn_puts();
    do
    :: ch_n > 0 -> atomic { assert(ch_refs > 0); ch_refs--; assert(ch_refs > 0 || destroyed); ch_n-- } /* C5: channel_put() */
    :: else -> break
    od;
    put_sc = 0;
    last = 0
}

/* ---- the client */

/* S1: conn_lookup(): c, referenced, or NONE */
inline conn_lookup() {
    c = cn_tab;
    if
    :: c != NONE ->
        atomic {
            if
            :: cn_refs[c] > 0 -> cn_refs[c]++
            :: else -> c = NONE
            fi
        }
        if
        :: c != NONE && cn_tab != c -> put_cn = c; c = NONE
        :: else
        fi
    :: else
    fi
}

/* C6: connect_detach() of the client's coid */
inline coid_detach() {
    atomic { put_cn = cn_tab; cn_tab = NONE }
}

/* connect_attach() */
inline connect_attach() {
    atomic { /* A1: channel_find(), memory for the connection */
        c = NONE;
        if
        :: ch_tab && ch_refs > 0 && (!cn_used[0] || !cn_used[1]) ->
            ch_refs++;
            c = (cn_used[0] -> 1 : 0);
            cn_used[c] = 1
        :: else
        fi
    }
    if
    :: c != NONE ->
        atomic { /* A2: sconn_join() */
            !p_lock;
            x = NONE;
            if
            :: destroyed
            :: !destroyed && sc_listed[0] && !sc_detached[0] && !sc_told[0] -> x = 0
            :: !destroyed && sc_listed[1] && !sc_detached[1] && !sc_told[1] -> x = 1
            :: else ->
                if
                :: !sc_used[0] -> x = 0
                :: sc_used[0] && !sc_used[1] -> x = 1
                :: else /* no memory */
                fi;
                if
                :: x != NONE ->
                    sc_used[x] = 1; sc_refs[x] = 1; sc_conns[x] = 0; sc_told[x] = 0; sc_detached[x] = 0;
                    sc_listed[x] = 1; sc_tab[x] = 1; ch_refs++
                :: else
                fi
            fi;
            if
            :: x != NONE -> sc_conns[x]++; sc_refs[x]++; cn_sc[c] = x
            :: else -> cn_used[c] = 0; ch_n++
            fi
        }
        if
        :: x != NONE ->
            atomic { cn_refs[c] = 2; assert(cn_tab == NONE); cn_tab = c } /* A3: conn_publish(); the table's and ours */
            put_cn = c
        :: else
        fi
    :: else
    fi
}

/* S2, Q1: channel.lock held.  waits: the thread is blocked. */
inline send_look() {
    T[me].conn = c;
    T[me].deferred = 0; T[me].unblock_req = 0;
    T[me].gen++;
    r = NONE;
    if
    :: T[FIRST_SERVER].state == RECEIVE -> r = FIRST_SERVER
#if SERVERS == 2
    :: T[FIRST_SERVER].state != RECEIVE && T[FIRST_SERVER + 1].state == RECEIVE -> r = FIRST_SERVER + 1
#endif
    :: else
    fi;
    waits = !destroyed && !sc_detached[cn_sc[c]];
    if
    :: !waits -> give_result(me, (destroyed -> SRCH : BADF)); put_cn = c; T[me].conn = NONE
    :: waits && r == NONE -> /* S2, queued */
        timeout_start(me, T[me].may_send);
        block(me, SEND)
    :: waits && r != NONE && (T[me].may_send || T[me].may_reply || GENERAL) -> /* S2 with a receiver: it fetches */
        timeout_start(me, T[me].may_reply);
        block(me, REPLY);
        T[me].fetching = 1;
        T[r].partner = me;
        wake(r, RECEIVE_FETCH)
    :: waits && r != NONE && !T[me].may_send && !T[me].may_reply -> /* Q1: send_quick() */
        block(me, REPLY);
        assert(as_alive[0] && as_alive[SERVER_PROC]);
        T[r].partner = me;
        T[r].got_sc = cn_sc[c];
        T[r].got_gen = T[me].gen;
        give_result(r, OK);
        wake(r, 0);
        ch_n++ /* the receiver's reference */
    fi;
    s0 = T[me].seq;
    r = 0; c = 0
}

/* ---- the server (ipc/receive.c, ipc/reply.c, ipc/quick.c) */

inline fail_if_client(t, z, res) {
    if
    :: (T[t].state == SEND || T[t].state == REPLY) && (z == NONE || cn_sc[T[t].conn] == z) -> send_fail(t, res)
    :: else
    fi
}

/* C7: scoid_detach(), process.lock over both steps */
inline scoid_detach(z) {
    atomic { !p_lock; p_lock = sc_tab[z]; ok = sc_tab[z]; sc_tab[z] = 0 }
    if
    :: ok ->
        atomic {
            assert(sc_refs[z] > 0);
            sc_detached[z] = 1;
            sc_listed[z] = 0;
            gone_pulse[z] = 0;
            fail_if_client(0, z, BADF);
#if CLIENTS == 2
            fail_if_client(1, z, BADF);
#endif
            p_lock = 0;
            put_sc = z; sc_n = 1
        }
    :: else
    fi
}

inline fail_if_receiver(t) {
    if
    :: T[t].state == RECEIVE -> give_result(t, SRCH); wake(t, RECEIVE_DROP)
    :: else
    fi
}

/* K2: channel_kill(), first part; from here on nobody comes to wait, and those who do fail in steps, of which one is enough here */
inline kill_waiters() {
    atomic { destroyed = 1 }
    atomic {
        fail_if_receiver(FIRST_SERVER);
#if SERVERS == 2
        fail_if_receiver(FIRST_SERVER + 1);
#endif
        fail_if_client(0, NONE, SRCH);
#if CLIENTS == 2
        fail_if_client(1, NONE, SRCH);
        unblock_pulses[1] = 0;
#endif
        unblock_pulses[0] = 0;
        gone_pulse[0] = 0;
        gone_pulse[1] = 0
    }
}

/* K3: channel_kill(), one sconn; again: there was one */
inline kill_sconn() {
    atomic {
        !p_lock;
        again = sc_listed[0] || sc_listed[1];
        if
        :: again ->
            put_sc = (sc_listed[0] -> 0 : 1);
            sc_n = 1;
            sc_listed[put_sc] = 0;
            sc_detached[put_sc] = 1;
            sc_tab[put_sc] = 0
        :: else
        fi
    }
}

#define is_client_of(t, z) (T[t].state == REPLY && T[t].conn != NONE && cn_sc[T[t].conn] == z)

/* P6: client_unstall_locked(), where any hold of a client of the channel ends */
inline unstall(t) {
    if
    :: T[t].state == STALLED -> wake(t, 0)
    :: else
    fi
}

inline unstall_all() {
    unstall(FIRST_SERVER);
#if SERVERS == 2
    unstall(FIRST_SERVER + 1);
#endif
    unstall(ROGUE_ID)
}

/* P1, P2: client_begin() of client msg by sconn msg_sc: finds and holds it; ok.  Stalled, the call is made again; not by one that ends. */
inline client_begin() {
    do
    :: atomic { /* P1: sconn_lookup() */
           ok = sc_tab[msg_sc] && sc_refs[msg_sc] > 0;
           if
           :: ok -> sc_refs[msg_sc]++; put_sc = msg_sc; sc_n = 1
           :: else
           fi
       }
       ok = ok && sc_tab[msg_sc];
       atomic { /* P2: *lockp of the client held */
           stalls = 0;
           if
           :: !ok
           :: ok && (!is_client_of(msg, msg_sc) || T[msg].fetching) -> ok = 0
           :: ok && is_client_of(msg, msg_sc) && !T[msg].fetching && alone && !T[msg].xfers && !T[msg].alone -> T[msg].alone = 1
           :: ok && is_client_of(msg, msg_sc) && !T[msg].fetching && !alone && !T[msg].alone -> T[msg].xfers++
           :: else -> stalls = 1; block(me, STALLED); s0 = T[me].seq /* another copy is in the way, which may have given way */
           fi
       }
       sconn_puts();
       if
       :: !stalls -> break
       :: stalls ->
           let_go();
           stalls = 0;
           if
           :: T[me].kill -> ok = 0; break
           :: else
           fi
       fi
    od
}

/* P3, R2: bytes move between a server that runs and the client */
#define copy_is_safe(t) assert(T[t].state == REPLY && as_alive[PROC(t)])

/* P4, Q2: the client is answered */
inline answer() {
    put_cn = T[msg].conn;
    T[msg].conn = NONE;
    T[msg].deferred = 0;
    assert(T[msg].state == REPLY && !T[msg].answered);
    assert(SERVERS == 2 || ROGUE || !chf_unblock || msg_gen == NONE || T[msg].gen == msg_gen); /* the message it received */
    T[msg].answered = 1;
    give_result(msg, OK);
    wake(msg, 0)
}

/* P4, P5: client_finish(), client_end() */
inline client_end() {
    atomic {
        if
        :: alone ->
            T[msg].alone = 0;
            unstall_all();
            if
            :: answer()
            :: T[me].kill -> ok = 0; apply_deferred(msg) /* COPY_ENDING: somewhere in the middle */
#if FAULTS
            :: ok = 0; apply_deferred(msg) /* P5: the server's buffer is bad: nothing has happened */
#endif
            fi
        :: else -> /* P5 */
            assert(T[msg].xfers > 0);
            T[msg].xfers--;
            unstall_all();
            apply_deferred(msg)
        fi
    }
}

/* Q2: reply_quick(), for the client that came last */
inline reply_quick() {
    atomic {
        ok = !destroyed && is_client_of(msg, msg_sc) && !held(msg) && T[msg].deferred == 0;
        if
        :: ok -> copy_is_safe(msg); answer()
        :: else
        fi
    }
}

inline take_message(t) {
    T[t].state = REPLY;
    T[t].fetching = 1;
    timeout_move(t);
    T[me].partner = t;
    k = RECEIVE_FETCH
}

/* R1: receive_on(), one look under channel.lock; k: what follows */
inline receive_look() {
    atomic {
        k = 0;
        if
        :: destroyed -> k = RECEIVE_DROP
        :: !destroyed && unblock_pulses[0] -> unblock_pulses[0]--; k = RECEIVE_PULSE; T[me].pulse = 0
        :: !destroyed && gone_pulse[0] -> gone_pulse[0] = 0; k = RECEIVE_PULSE; T[me].pulse = GONE
        :: !destroyed && gone_pulse[1] -> gone_pulse[1] = 0; k = RECEIVE_PULSE; T[me].pulse = GONE + 1
        :: !destroyed && !unblock_pulses[0] && !gone_pulse[0] && !gone_pulse[1] && T[0].state == SEND -> take_message(0)
#if CLIENTS == 2
        :: !destroyed && unblock_pulses[1] -> unblock_pulses[1]--; k = RECEIVE_PULSE; T[me].pulse = 1
        :: !destroyed && !unblock_pulses[1] && !unblock_pulses[0] && !gone_pulse[0] && !gone_pulse[1] && T[1].state == SEND ->
            take_message(1)
#endif
        :: else -> block(me, RECEIVE)
        fi;
        s0 = T[me].seq
    }
}

/* R2, R3: the receiver copies, and lets go of the client */
inline fetch() {
    copy_is_safe(msg);
    atomic {
        msg_sc = cn_sc[T[msg].conn];
        msg_gen = T[msg].gen;
        T[msg].fetching = 0;
        unstall_all();
        if
        :: got = MESSAGE; apply_deferred(msg)
#if FAULTS
        :: got = 0; send_fail(msg, FAULT) /* the receiver goes on waiting */
#endif
        fi
    }
}

/* MsgReceive, its continuations included.  got: MESSAGE (msg, msg_sc, msg_gen), PULSE or GONE_AWAY */
inline msg_receive() {
    atomic {
        T[me].results = 0;
        ok = ch_tab && ch_refs > 0;
        if
        :: ok -> ch_refs++; got = 0
        :: else -> got = GONE_AWAY
        fi
    }
    do
    :: got == 0 ->
       receive_look();
       if
       :: k == 0 -> let_go()
       :: else
       fi;
       if
       :: k == RECEIVE_FETCH -> msg = T[me].partner; fetch()
       :: k == RECEIVE_PULSE -> got = PULSE /* R4 */
       :: k == RECEIVE_DROP -> got = GONE_AWAY /* R5 */
       :: k == 0 -> atomic { got = MESSAGE; msg = T[me].partner; msg_sc = T[me].got_sc; msg_gen = T[me].got_gen } /* Q1 */
       fi;
       if
       :: got != 0 && k != 0 -> ch_n++
       :: else
       fi
    :: else -> break
    od
}

/* ---- threads */

/* X1: thread_exit_self(); last: the thread tears the process down */
inline exit_thread(what) {
    atomic {
        T[me].state = DEAD;
        live[what]--;
        last = live[what] == 0;
        dying[what] = dying[what] || last
    }
}

#define SENDING 0
#define LEAVING 1 /* process_teardown_step() of the client: its connections */
#define ATTACHING 2
#define OVER 3

proctype Client(byte me) {
    byte n, op, c, x, d, s0, k, r, put_cn = NONE, put_sc, sc_n, ch_n;
    bit last, unlink, waits;
    do
    :: op == OVER -> break
    :: op == SENDING && (n == SENDS || T[me].kill) ->
        T[me].signal = 0;
        exit_thread(0);
        op = (last && !SELF -> LEAVING : OVER);
        if
        :: last && SELF -> run Teardown(THREADS)
        :: else
        fi
    :: op == LEAVING -> coid_detach(); puts(); as_alive[0] = 0; torn[0] = 1; op = OVER
#if REATTACH
    :: op == SENDING && n < SENDS && me == 0 -> coid_detach(); puts(); op = ATTACHING
    :: op == ATTACHING -> connect_attach(); puts(); op = SENDING; n++
#endif
    :: op == SENDING && n < SENDS && !T[me].kill ->
        n++;
        T[me].signal = 0; /* signal_deliver() on the way to user mode */
#if TIMEOUTS
        if
        :: T[me].may_send = 1
        :: T[me].may_reply = 1
        :: T[me].may_send = 1; T[me].may_reply = 1
        :: true
        fi;
#endif
        conn_lookup();
        if
        :: c == NONE -> give_result(me, BADF)
        :: else ->
            atomic { send_look() }
            if
            :: waits ->
                let_go();
                assert(!held(me));
                if
                :: k == SEND_DROP -> put_cn = T[me].conn; T[me].conn = NONE /* S3 */
                :: else -> assert(k == 0 && T[me].conn == NONE)
                fi
            :: else
            fi
        fi;
        puts();
        atomic {
            timeout_clear(me); /* T4: call_over() */
            assert(T[me].results == 1);
            /* what nobody reads again: fewer states */
            T[me].results = 0; T[me].result = 0; T[me].cookie = 0;
            T[me].answered = 0; T[me].asked = 0; T[me].unblock_req = 0; T[me].deferred = 0;
            c = 0; x = 0; d = 0; s0 = 0; k = 0; waits = 0
        }
    od;
    clients_left--
}

#define may_forget(t) (FORGET && (SIGNALS || KILLS || T[t].may_reply) && !T[me].kill)

/* What a server's thread does next. */
#define RECEIVING 0
#define QUICK 1
#define READING 2
#define REPLYING 3
#define DETACHING 4
#define DYING 5
/* 6: OVER */

proctype Server(byte me) {
    byte op, then, msg, msg_sc, msg_gen, got, d, s0, k, put_cn = NONE, put_sc, sc_n, ch_n;
    bit ok, last, unlink, alone, stalls;
    do
    :: op == RECEIVING && T[me].kill -> op = DYING
    :: op == RECEIVING && !T[me].kill ->
        msg_receive();
        atomic {
            T[me].results = 0; T[me].result = 0; k = 0; s0 = 0; d = 0;
            if
            :: got == MESSAGE ->
                if
                :: T[me].kill -> op = DYING /* COPY_ENDING too */
                :: op = QUICK
                :: op = REPLYING
                :: op = READING
                :: may_forget(msg) -> msg = 0; msg_sc = 0; msg_gen = 0
                fi
            :: got == PULSE && T[me].pulse < GONE ->
                op = REPLYING; msg = T[me].pulse; msg_sc = unblock_sc[msg]; msg_gen = NONE
            :: got == PULSE && T[me].pulse >= GONE -> op = DETACHING
            :: got == GONE_AWAY -> op = DYING
            fi;
            T[me].partner = 0; T[me].got_sc = 0; T[me].got_gen = 0; got = 0
        }
        puts()
    :: op == QUICK ->
        reply_quick();
        op = (ok -> RECEIVING : REPLYING);
        puts()
    :: op == READING || op == REPLYING -> /* MsgRead, MsgWrite; MsgReply, MsgError */
        alone = op == REPLYING;
        op = (alone -> RECEIVING : REPLYING);
        client_begin();
        if
        :: ok -> copy_is_safe(msg); client_end();
           if
           :: !ok -> op = (T[me].kill -> DYING : REPLYING) /* the bad reply is made good */
           :: else
           fi
        :: else
        fi;
        puts()
    :: op == DETACHING -> scoid_detach(T[me].pulse - GONE); op = RECEIVING; T[me].pulse = 0; puts()
    :: op == DYING -> exit_thread(SERVER_PROC); break
    od;
    if
    :: last -> run Teardown(THREADS)
    :: else
    fi
}

/* X2: process_teardown_step() of the server's last thread. */
proctype Teardown(byte me) {
    byte n, put_cn = NONE, put_sc, sc_n, ch_n;
    bit ok, last, unlink, again;
    atomic { ok = ch_tab; ch_tab = 0 } /* K1: channel_destroy() */
    if
    :: ok ->
        kill_waiters();
        do
        :: kill_sconn(); puts();
           if
           :: !again -> break
           :: else
           fi
        od;
        ch_n = 1
    :: else
    fi;
    if
    :: SELF -> coid_detach()
    :: else
    fi;
    do
    :: puts();
       if
       :: n == SCONNS -> break
       :: else -> scoid_detach(n); n++
       fi
    od;
    as_alive[SERVER_PROC] = 0;
    torn[SERVER_PROC] = 1
}

/* Calls on a guessed rcvid, the message of which it never received. */
inline client_begin_of(t) {
    if
    :: alone = 0
    :: alone = 1
    fi;
    msg = t;
    client_begin();
    if
    :: ok -> copy_is_safe(msg); client_end()
    :: else
    fi;
    puts();
    d = 0; msg = 0; ok = 0
}

/* A thread of the server's process that does what no sane one would. */
proctype Rogue(byte me) {
    byte n, op, msg, msg_sc, msg_gen = NONE, d, s0, k, put_cn = NONE, put_sc, sc_n, ch_n;
    bit ok, last, unlink, alone, again, stalls;
    do
    :: n < ROGUE_ACTS && !T[me].kill ->
        n++;
        if
#if ROGUE == 1
#if CLIENTS == 2
        :: client_begin_of(1)
#endif
        :: client_begin_of(0)
#else
        :: scoid_detach(0); puts()
        :: atomic { ok = ch_tab; ch_tab = 0 } /* K1: channel_destroy() */
           if
           :: ok ->
               kill_waiters();
               do
               :: kill_sconn(); puts();
                  if
                  :: !again -> break
                  :: else
                  fi
               od;
               ch_n = 1; puts()
           :: else
           fi
#endif
        fi
    :: break
    od;
    exit_thread(SERVER_PROC);
    if
    :: last -> run Teardown(THREADS)
    :: else
    fi
}

/* D1, D2: thread_post() of a signal */
proctype Signals() {
    byte d, t;
end:
    do
    :: atomic {
        if
        :: !T[0].signal && T[0].state != DEAD -> t = 0
#if CLIENTS == 2
        :: !T[1].signal && T[1].state != DEAD -> t = 1
#endif
        fi;
        T[t].signal = 1 /* D1 */
       }
       atomic { disturb(t, BY_SIGNAL); d = 0; t = 0 } /* D2 */
    od
}

/* T3: timeout_fire() of client t, from the moment its ktimer has left the queue */
proctype Timer(byte t) {
    byte d, cookie;
end:
    do
    :: atomic { T[t].queued -> T[t].queued = 0; cookie = T[t].cookie }
       atomic {
           if
           :: T[t].armed && cookie == T[t].seq && blocked(t) ->
               assert(T[t].state == SEND && T[t].may_send || T[t].state == REPLY && T[t].may_reply);
               disturb(t, BY_TIMEOUT)
           :: else
           fi;
           cookie = 0
       }
    od
}

/* X3: process_kill(): all threads from..to.  The server ends in any case when the clients have. */
inline kill_process(what, from, upto) {
    dying[what] = 1;
    t = from;
    do
    :: t < upto -> atomic { T[t].kill = 1 } atomic { disturb(t, BY_KILL); t++ }
    :: else -> break
    od
}

proctype Killer() {
    byte d, t;
#if KILLS == 1
#if SELF
    kill_process(0, 0, THREADS);
#else
    kill_process(0, 0, CLIENTS);
#endif
#endif
    if
    :: clients_left == 0
#if KILLS == 2
    :: true
#endif
    fi;
    kill_process(SERVER_PROC, FIRST_SERVER, THREADS);

    /* Everything is over, and nothing is left. */
    torn[0] && torn[SERVER_PROC];
    assert(ch_refs == 0 && !ch_tab);
    assert(cn_refs[0] == 0 && cn_refs[1] == 0 && cn_tab == NONE);
    assert(sc_refs[0] == 0 && sc_refs[1] == 0);
    assert(!sc_listed[0] && !sc_listed[1] && !sc_tab[0] && !sc_tab[1])
}

init {
    byte i;
    atomic {
        for (i : 0 .. THREADS - 1) { T[i].conn = NONE };
        if
        :: UNBLOCK != 1 -> chf_unblock = 0
        :: UNBLOCK != 0 -> chf_unblock = 1
        fi;
        as_alive[0] = 1;
        as_alive[SERVER_PROC] = 1;
        live[0] = CLIENTS;
        live[SERVER_PROC] = live[SERVER_PROC] + SERVERS;
        /* the client is connected */
        cn_used[0] = 1; cn_refs[0] = 1; cn_tab = 0;
        sc_used[0] = 1; sc_refs[0] = 2; sc_conns[0] = 1; sc_listed[0] = 1; sc_tab[0] = 1;
        ch_refs = 3;
        run Client(0);
#if CLIENTS == 2
        run Client(1);
#endif
        run Server(FIRST_SERVER);
#if SERVERS == 2
        run Server(FIRST_SERVER + 1);
#endif
#if ROGUE
        live[SERVER_PROC]++;
        run Rogue(ROGUE_ID);
#endif
#if SIGNALS
        run Signals();
#endif
#if TIMEOUTS
        run Timer(0);
#if CLIENTS == 2
        run Timer(1);
#endif
#endif
        run Killer()
    }
}
