# SPDX-License-Identifier: Apache-2.0
# usage: notify.py PORT PID: non-stop mode as the protocol has it, where no GDB makes it happen; PID is threads.c's, in decimal.
import re, sys
from rsp import ask, connect, note, notes

connect(sys.argv[1])
pid = "p%x" % int(sys.argv[2])


def threads(first):  # of this stop reply and all that are asked for then: "signal:thread"
    found = []
    while first != "OK":
        found.append(re.sub("^(?:Stop:)?T(..)thread:p[0-9a-f]+[.]([0-9a-f]+);.*", r"\1:\2", first))
        first = ask("vStopped")
    return " ".join(sorted(found))


ask("QStartNoAckMode")
ask("qSupported:multiprocess+;swbreak+;QNonStop+")
print("vStopped and vCtrlC in all-stop: %r %r" % (ask("vStopped"), ask("vCtrlC")))
print("QNonStop:", ask("QNonStop:1"), "%r" % ask("QNonStop:2"))
print("nothing is stopped:", ask("?"), ask("vStopped"))
print("attach:", ask("vAttach;" + pid[1:]), threads(note()))
print("all are told again:", threads(ask("?")))
print("continue:", ask("vCont;c"))
print("nothing is stopped now:", ask("?"))
print("registers of a thread that runs:", ask("Hg%s.1" % pid), ask("g")[:1])
print("stop one:", ask("vCont;t:%s.2" % pid), threads(note()))
print("stop it again:", ask("vCont;t:%s.2" % pid), len(notes))
print("stop a thread that is not there:", ask("vCont;t:%s.77" % pid), len(notes))
ask("vCont;t:%s.3" % pid)
first = note()
ask("vCont;c:%s.3" % pid)  # we have not confirmed that it has stopped, so this must not be for it
print("an unconfirmed one stays:", threads(first), threads(ask("?")))
print("interrupt:", ask("vCtrlC"), threads(note()))
print("nobody is left to interrupt:", ask("vCtrlC"), len(notes))
print("step one of them:", ask("vCont;s:%s.3" % pid), threads(note()))
print("steps without end:", ask("vCont;r0,8000000000:%s.3" % pid), threads(ask("?")))
print("until it is told to stop:", ask("vCont;t:%s.3" % pid), threads(note()))
print("broken:", *(ask(text) for text in ("vCont;t:", "vCont;s:%s.zz" % pid, "vCont;c:p99999999999.1")))
print("back to all-stop:", ask("QNonStop:0"), ask("?")[:3], "%r" % ask("vStopped"))
print("detached:", ask("D;" + pid[1:]))

# A process that forks and execs, each thing told by a notification.
ask("qSupported:multiprocess+;swbreak+;QNonStop+;fork-events+;exec-events+")
ask("QNonStop:1")
ask("vRun;" + ";".join(word.encode().hex() for word in ("/proc/boot/sh", "-c", "ls /proc/boot/sh; exec ls /proc/boot/sh")))
ask("QPassSignals:14;")
happened = []
while not happened or happened[-1][0] != "W":
    ask("vCont;c")
    text = note()[5:]
    child = re.search("fork:p([0-9a-f]+)", text)
    happened.append(re.sub(r"^T..([a-z]+):.*|^(W..).*", r"\1\2", text))
    while ask("vStopped") != "OK":
        happened.append("more")
    if child:
        ask("D;" + child[1])
print("happened:", *happened)
