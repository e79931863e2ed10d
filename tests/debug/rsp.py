# SPDX-License-Identifier: Apache-2.0
# GDB's side of the remote serial protocol, for what no GDB asks for: packets as text, one connection.
import re, socket

notes = []  # notifications that have come, without their "%"
line, data = None, b""


def connect(port):
    global line
    line = socket.create_connection(("127.0.0.1", int(port)), 10)
    line.settimeout(120)


def send(text):
    text = text if isinstance(text, bytes) else text.encode()
    line.sendall(b"$" + text + b"#%02x" % (sum(text) & 255))


def packet():  # with its first character, "$" or "%"
    global data
    while not re.search(rb"[$%][^#]*#..", data, re.S):
        more = line.recv(4096)
        if not more:
            raise SystemExit("the agent has hung up")
        data += more
    kind, text, data = re.search(rb"([$%])([^#]*)#..(.*)", data, re.S).groups()
    return (kind + text).decode("latin-1")


def reply():
    while True:
        got = packet()
        if got[0] == "$":
            return got[1:]
        notes.append(got[1:])


def ask(text):
    send(text)
    return reply()


def note():
    while not notes:
        notes.append(packet()[1:])
    return notes.pop(0)


def interrupt():
    line.sendall(b"\3")


def unescaped(text):
    return re.sub(rb"}(.)", lambda m: bytes([m[1][0] ^ 0x20]), text.encode("latin-1"), flags=re.S)
