# SPDX-License-Identifier: Apache-2.0
# usage: steps.py PORT PROGRAM NM: what no GDB asks for, of qdebug's steps; PROGRAM is steps.c's, on the target /proc/boot/steps.
import re, struct, subprocess, sys
from rsp import ask, connect, interrupt, reply, send, unescaped

ALL = "0,8000000000"  # user addresses
connect(sys.argv[1])


def symbol(name):
    for text in subprocess.check_output([sys.argv[3], sys.argv[2]], text=True).splitlines():
        if text.split()[-1] == name:
            return int(text.split()[0], 16)


def run(*args):  # held before its first instruction: "p<pid>.1", and what was added to its addresses
    stop = ask("vRun;" + ";".join(a.encode().hex() for a in ("/proc/boot/steps",) + args))
    auxv = unescaped(ask("qXfer:auxv:read::0,400")[1:])
    entry = dict(struct.iter_unpack("<QQ", auxv[: len(auxv) // 16 * 16]))[9]
    return re.search("thread:(p[0-9a-f]+)", stop)[1], entry - struct.unpack("<Q", open(sys.argv[2], "rb").read(32)[24:])[0]


def to(name, *args):  # as far as the function; "p<pid>", "p<pid>.<tid>"
    pid, base = run(*args)
    where = "0,%x,2" % (base + symbol(name))
    assert ask("Z" + where) == "OK"
    stop = ask("vCont;c")
    assert ask("z" + where) == "OK"
    return pid, re.search("thread:([^;]*)", stop)[1]


print("offers", ask("vCont?"))
ask("qSupported:multiprocess+;swbreak+;no-resumed+")
pid, thread = to("last_words")
print("dies", ask("vCont;r%s:%s;c:%s.-1" % (ALL, thread, pid)))
pid, thread = to("last_words")
print("dies alone", ask("vCont;r%s:%s" % (ALL, thread)), ask("T" + thread))
print("goes on", ask("vCont;c"))
pid, thread = to("spin", "spin")
send("vCont;r%s:%s" % (ALL, thread))
interrupt()
print("stopped", reply())
print("one step", ask("vCont;s:" + thread))
send("R00")
print("again", ask("?") != "W00", pid != re.search("thread:(p[0-9a-f]+)", ask("?"))[1], ask("qC")[2:] != pid, ask("T" + thread))
pid = ask("qC")[2:].split(".")[0]
print("killed", ask("vKill;" + pid[1:]))
table = ask("qXfer:osdata:read:processes:0,3000")
pid = "p%x" % int(re.search('name="pid">([0-9]+)</column>(?:(?!<item>).)*subject 100000', table)[1])
print("attached", ask("vAttach;" + pid[1:])[:3])
send("vCont;r%s:%s.1;c:%s.-1" % (ALL, pid, pid))
send("!")  # refused while a step is on its way, so there is one
print("lost", reply())
