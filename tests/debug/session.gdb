# SPDX-License-Identifier: Apache-2.0
# For tests/debug/session: the server is attached to, a client asks it.
break io_read
continue
backtrace 3
info threads
python
def clients():
    table = gdb.execute("info os processes", to_string=True)
    return [line.split()[0] for line in table.splitlines() if " cat /dev/mydev " in line]
stopped = gdb.selected_thread()
gdb.execute("add-inferior")
gdb.execute("inferior 2")
gdb.execute("attach " + clients()[-1])
gdb.execute("info threads")
gdb.execute("detach")
gdb.execute("inferior 1")
stopped.switch()
end
next
next
next
next
next
next 2
info locals
delete
detach
