# SPDX-License-Identifier: Apache-2.0
# Sourced by GDB: where a program lies that is started again and again, by default and with "set disable-randomization off". What is random may
# be equal by chance, so a place has a number of tries to change.
import gdb


def place():
    gdb.execute("run 1", to_string=True)
    return [int(gdb.parse_and_eval(what)) for what in ("(long) main", "(long) $sp", "(long) malloc")]


gdb.execute("break main", to_string=True)
fixed = place()
print("the same each time:", place() == fixed)
gdb.execute("set disable-randomization off")
seen = [place() for _ in range(2)]
while len(seen) < 20 and not all(len(set(column)) > 1 for column in zip(*seen)):
    seen.append(place())
print("elsewhere:", [len(set(column)) > 1 for column in zip(*seen)])
gdb.execute("set disable-randomization on")
print("the same again:", place() == fixed)
