# SPDX-License-Identifier: Apache-2.0
# usage: nonstop.py PORT PROGRAM GDB SYSROOT [PID]: a session of GDB in non-stop mode, as a development environment has it (GDB/MI);
# PROGRAM is threads.c's, on the target /proc/boot/threads.  One line for each thing that was seen.  With PID a session that attaches to
# what another one has left, and whose GDB is killed in the middle.
import collections, re, subprocess, sys, time

port, program, path, sysroot = sys.argv[1:5]
gdb = subprocess.Popen([path, "-q", "-nx", "-i=mi", "-iex", "set sysroot " + sysroot, "-iex", "set remotetimeout 30", program],
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
events = []  # *stopped and *running that nobody has waited for
token = 0
last = collections.deque(maxlen=30)


def line():
    text = gdb.stdout.readline()
    if not text:
        raise SystemExit("GDB is gone, after:\n" + "".join(last))
    last.append(text)
    if text.startswith("*"):
        events.append(text.strip())
    return text.strip()


def ask(command, may_fail=False):
    global token
    token += 1
    gdb.stdin.write("%d%s\n" % (token, command))
    while True:
        text = line()
        if text.startswith("%d^" % token):
            if "^error" in text and not may_fail:
                raise SystemExit("%s: %s" % (command, text))
            return text


def stopped(what):  # the first such stop, of those that have come or will come
    while True:
        for text in events:
            if text.startswith("*stopped") and re.search(what, text):
                events.remove(text)
                return text
        line()


def value(text):
    return int(re.search('value="([0-9]+)', ask("-data-evaluate-expression " + text))[1])


def states():  # of each thread, by the name of its function or by its number
    table = ask("-thread-info")
    return {m[0]: m[1] for m in re.findall(r'{id="([0-9]+)".*?state="([a-z]+)"', table)}


def goes_on(name):  # its value changes, which it does sooner or later unless nobody counts
    first = value(name)
    for _ in range(600):
        if value(name) != first:
            return True
        time.sleep(0.05)
    return False


def thread_of(stop):
    return re.search('thread-id="([0-9]+)"', stop)[1]


def others(one):
    return sorted(state for number, state in states().items() if number != one)


def at_a_breakpoint():
    ask("-gdb-set remote exec-file /proc/boot/threads")
    ask("-break-insert -f item")
    ask("-exec-run")
    worker = thread_of(stopped('reason="breakpoint-hit"'))
    print("hit; the others:", *others(worker))
    print("the counter goes on:", goes_on("counted"))
    n = value("items")
    for _ in range(5):
        ask("-exec-continue --thread " + worker)
        stopped('reason="breakpoint-hit".*thread-id="%s"' % worker)
    print("hit five times more:", value("items") - n, "others:", *others(worker))
    return worker


def steps(worker):
    ask("-exec-finish --thread " + worker)
    stopped('reason="function-finished".*thread-id="%s"' % worker)
    for _ in range(3):
        ask("-exec-next --thread " + worker)
        stopped('thread-id="%s"' % worker)
    for _ in range(20):
        ask("-exec-step-instruction --thread " + worker)
        stopped('thread-id="%s"' % worker)
    print("stepped; the counter goes on:", goes_on("counted"))


def one_is_interrupted(worker):
    counter = [n for n in states() if n not in ("1", worker)][0]
    ask("-exec-interrupt --thread " + counter)
    stop = stopped('thread-id="%s"' % counter)
    print("interrupted:", re.search('signal-name="([^"]*)"', stop)[1], "main:", states()["1"])
    first = value("counted")
    time.sleep(0.3)
    print("it stands still:", value("counted") == first)
    print("and is looked at:", "counter" in ask("-stack-list-frames --thread " + counter))
    for _ in range(10):
        ask("-exec-step-instruction --thread " + counter)
        stopped('thread-id="%s"' % counter)
    ask("-exec-continue --thread " + counter)
    print("it goes on:", goes_on("counted"))


def all_stop_and_go_on():
    ask("-exec-interrupt --all")
    stopped('thread-id="1"')
    while "running" in states().values():
        line()
    print("all stop:", *sorted(states().values()))
    ask("-break-delete")
    ask("-exec-continue --all")
    print("all go on:", goes_on("counted"), goes_on("items"))


def attached_and_killed():
    ask("-target-attach " + sys.argv[5])
    while set(states().values()) != {"stopped"}:
        line()
    print("attached:", *sorted(states().values()))
    ask("-break-insert item")
    ask("-exec-continue --all")
    worker = thread_of(stopped('reason="breakpoint-hit"'))
    print("hit; the others:", *others(worker))
    gdb.kill()
    gdb.wait()


ask("-gdb-set non-stop on")
ask("-gdb-set mi-async on")
ask("-gdb-set confirm off")
ask("-target-select extended-remote 127.0.0.1:" + port)
if len(sys.argv) > 5:
    attached_and_killed()
else:
    worker = at_a_breakpoint()
    steps(worker)
    one_is_interrupted(worker)
    all_stop_and_go_on()
    table = ask("-list-thread-groups")
    ask("-target-detach")
    print("detached from", re.search('pid="([0-9]+)"', table)[1])
    ask("-gdb-exit")
