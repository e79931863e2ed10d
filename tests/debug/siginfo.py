# SPDX-License-Identifier: Apache-2.0
# usage: siginfo.py PORT [nonstop]: GDB's packets for writing a siginfo, and what must be refused; the program is siginfo.c's, on the target
# /proc/boot/siginfo, and says on the console what it was given.
import re, struct, sys
from rsp import ask, connect, note, unescaped

is_nonstop = sys.argv[2:] == ["nonstop"]
connect(sys.argv[1])
VALUE, ADDR, CODE = 24, 16, 8  # offsets in siginfo_t


def short(stop):
    return re.sub(r"^(?:Stop:)?(T..|[WX]..).*", r"\1", stop)


def go(actions):  # to the next stop
    got = ask("vCont;" + actions)
    if not is_nonstop:
        return short(got)
    got = note()
    while ask("vStopped") != "OK":
        pass
    return short(got)


def escaped(raw):
    return re.sub(rb"[#$}*]", lambda m: b"}" + bytes([m[0][0] ^ 0x20]), raw)


def write(offset, raw, annex=b""):
    return ask(b"qXfer:siginfo:write:%s:%x:" % (annex, offset) + escaped(raw))


def read():
    text = ask("qXfer:siginfo:read::0,200")
    return unescaped(text[1:]) if text[:1] in "lm" else text


def run(*args):
    got = ask("vRun;" + ";".join(a.encode().hex() for a in ("/proc/boot/siginfo",) + args))
    return re.search("thread:(p[0-9a-f]+)", got)[1]


def number(value):
    return struct.pack("<i", value)


print("offered:", "qXfer:siginfo:write+" in ask("qSupported:multiprocess+;swbreak+"))
if is_nonstop:
    ask("QNonStop:1")
print("no process:", write(0, b"x"))
pid = run()
first = pid + ".1"
print("no signal:", write(CODE, number(1)), read())
print("first:", go("c"), struct.unpack_from("<i", read(), VALUE)[0])
print("refused:", write(0, b"x" * 129), write(127, b"xy"), write(129, b""), write(1 << 63, b"x"), write(0, b"x", b"annex"),
      *(ask("qXfer:siginfo:write::" + text) for text in ("0", "zz:x", ":x", "-1:x")))
print("nothing at the end:", write(128, b""), "of another object:", "%r" % ask("qXfer:auxv:write::0:x"))
print("of the other thread:", ask("Hg%s.2" % pid), write(VALUE, number(1)), ask("Hg" + first))
print("written:", write(VALUE, number(4321)), write(CODE, number(-7)), struct.unpack_from("<i", read(), VALUE)[0])
print("second:", go("C1e:%s;c" % first), struct.unpack_from("<i", read(), VALUE)[0])
print("third, the second is dropped:", write(VALUE, number(1)), go("c"), struct.unpack_from("<i", read(), VALUE)[0])
print("another signal than it says:", write(0, number(9)), go("C1e:%s;c" % first), struct.unpack_from("<i", read(), VALUE)[0])
print("a step with it:", write(VALUE, number(8765)), go("S1e:%s;c" % first))
print("fault:", go("c"), "%x" % struct.unpack_from("<Q", read(), ADDR)[0])
print("its address:", write(ADDR, struct.pack("<Q", 0x2a2324237d2a)))
print("end:", go("C0b:%s;c" % first))

pid = run("die")
print("nobody handles it:", go("c"), write(VALUE, number(1)), go("C1e:%s.1;c" % pid))
pid = run("die")
print("killed meanwhile:", go("c"), write(VALUE, number(1)))
got = ask("vRun;" + ";".join(a.encode().hex() for a in ("/proc/boot/sh", "-c", "kill -KILL %d" % int(pid[1:], 16))))
other = re.search("thread:(p[0-9a-f]+)", got)[1]
print("by", go("c:%s.-1" % other), ask("Hg%s.1" % pid), write(VALUE, number(1)))
