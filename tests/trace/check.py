#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# usage: check.py PID TRACE.json      TAP lines about a trace of trace_subject for Perfetto; the pid is the program's
import json
import sys

pid = int(sys.argv[1])
events = json.load(open(sys.argv[2]))["traceEvents"]
failed = 0


def ok(condition, text):
    global failed
    failed += not condition
    print(("ok" if condition else "not ok"), "-", text)


names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
processes = {e["pid"]: e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "process_name"}
slices = [e for e in events if e["ph"] == "X"]
own = [e for e in slices if e["pid"] == pid]
ok(processes.get(pid, "").endswith("trace_subject"), "the process has its name")
ok(any(p == pid and n.endswith(" server") for (p, _), n in names.items()), "and its thread")
ok(all(e["dur"] >= 0 and e["ts"] >= 0 for e in slices), "no slice ends before it begins")
states = {e["name"] for e in own if e["tid"] % 2 == 1}
ok({"RUNNING", "READY", "RECEIVE", "REPLY", "NANOSLEEP"} <= states, "states of its threads: " + " ".join(sorted(states)))

# The message between the two threads: its flow has three ends in the three calls.
flows = {}
for e in events:
    if e["ph"] in "stf" and e.get("cat") == "message" and e["pid"] == pid:
        flows.setdefault(e["id"], []).append(e)
whole = [f for f in flows.values() if [e["ph"] for e in f] == ["s", "t", "f"]]
ok(len(whole) == 1, "one message has been sent, received and answered inside the process")
send, receive, reply = whole[0] if whole else [{"ts": 0, "tid": 0}] * 3
ok(send["ts"] <= receive["ts"] <= reply["ts"], "in that order")
ok(send["tid"] != receive["tid"] == reply["tid"], "by two threads")


def around(flow, call):
    return any(e["name"] == call and e["tid"] == flow["tid"] and e["ts"] <= flow["ts"] <= e["ts"] + e["dur"] for e in own)


ok(around(send, "MsgSendv") and around(receive, "MsgReceivev") and around(reply, "MsgReplyv"), "inside the calls that do it")
client = [e for e in own if e["tid"] == send["tid"] + 1 and e["name"] == "REPLY"]
ok(any(send["ts"] <= e["ts"] <= reply["ts"] <= e["ts"] + e["dur"] for e in client), "the client is REPLY-blocked meanwhile")
ok(any(e["args"].get("result") == 17 for e in own if e["name"] == "MsgSendv"), "MsgSend's result is the server's status")

remarks = [e["name"] for e in events if e["ph"] == "i" and e["pid"] == pid]
ok('before "it"' in remarks and "after" in remarks, "the program's own events")
harts = {t for (p, t), n in names.items() if p == 0 and n.startswith("hart ") and not n.endswith("interrupts")}
ok(any(e["pid"] == 0 and e["tid"] in harts and "trace_subject" in e["name"] for e in slices), "a hart ran it")
ok(any(e["pid"] == 0 and e["name"] == "clock" for e in slices), "interrupts of the clock")
ok(any(e["pid"] == 0 and e["name"].startswith("interrupt ") for e in slices), "interrupts of a device: the files come by virtio")
for hart in harts:
    runs = sorted((e for e in slices if e["pid"] == 0 and e["tid"] == hart), key=lambda e: e["ts"])
    ok(all(a["ts"] + a["dur"] <= b["ts"] + 0.002 for a, b in zip(runs, runs[1:])), names[(0, hart)] + " runs one thread at a time")
sys.exit(failed != 0)
