# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of a page as its reader would: one shell whose directory and variables carry on, and
programs with a prompt of their own (the target's console, GDB) on a terminal that we type at."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time

LIMIT = float(os.environ.get("QRV_GUIDE_LIMIT", "400"))  # seconds: only against a hang
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07")


class Failure(Exception):
    pass


class Process:
    """A shell command on a terminal, in a process group of its own, whose output we read."""

    def __init__(self, script, environment, directory):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execve("/bin/bash", ["bash", "--norc", "-c", script], environment)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.text, self.status = "", None

    def read(self, until, deadline):
        """Reads until the function until(text) is true (True) or the program has ended (False)."""
        while True:
            if until(self.text):
                return True
            if self.status is not None:
                return False
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure(f"nothing came within {LIMIT} seconds; so far:\n{self.text[-2000:]}")
            if not select.select([self.fd], [], [], min(left, 1.0))[0]:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if data:
                new = ESCAPES.sub("", data.decode("utf-8", "replace"))
                self.text += new.replace("\r", "")
            else:
                self.wait()

    def wait(self):
        if self.status is None:
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
            os.close(self.fd)

    def type(self, line):
        self.text = ""
        os.write(self.fd, (line + "\n").encode())

    def end(self):
        """The program, and what it has started, are ended; both are ours."""
        if self.status is not None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
            except ProcessLookupError:
                break
            for _ in range(50):
                done, status = os.waitpid(self.pid, os.WNOHANG)
                if done:
                    self.status = os.waitstatus_to_exitcode(status)
                    os.close(self.fd)
                    return
                time.sleep(0.05)
        self.wait()


class Session:
    """The reader at one page. state is a file of ours that carries directory and variables on."""

    def __init__(self, directory, environment, state):
        self.directory, self.environment, self.state = directory, environment, state
        self.background = []
        with open(state, "w") as file:
            file.write("")

    def _script(self, command):
        # set -a: a variable that the reader sets is there in the next command as well.
        return (f'set -a; . "{self.state}"\n{command}\nqrv_status=$?\n'
                f'{{ printf "cd %q\\n" "$PWD"; export -p; }} >"{self.state}"\nexit $qrv_status\n')

    def write_file(self, name, text):
        where = subprocess.run(["bash", "-c", f'. "{self.state}"; pwd'], env=self.environment,
                               cwd=self.directory, capture_output=True, text=True, check=True)
        path = os.path.join(where.stdout.strip(), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def run(self, command):
        """A command without prompts of its own: (output lines, exit status)."""
        got = subprocess.Popen(["bash", "--norc", "-c", self._script(command)], env=self.environment,
                               cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
        try:
            out, _ = got.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(got.pid, signal.SIGKILL)
            out, _ = got.communicate()
            raise Failure(f"not done within {LIMIT} seconds:\n{out.decode('utf-8', 'replace')[-2000:]}")
        return out.decode("utf-8", "replace").replace("\r", "").splitlines(), got.returncode

    def start_background(self, command):
        process = Process(f'. "{self.state}"\n{command}\n', self.environment, self.directory)
        threading.Thread(target=self._drain, args=(process.fd,), daemon=True).start()
        self.background.append(process)

    @staticmethod
    def _drain(fd):
        """Nobody looks at its output, but it must not wait for a reader."""
        try:
            while os.read(fd, 65536):
                pass
        except OSError:
            pass

    def converse(self, command):
        """A command with prompts. Yields (inner command or None, lines that were printed)."""
        process = Process(self._script(command.text), self.environment, self.directory)
        deadline = time.monotonic() + LIMIT
        try:
            typed = None
            for inner in command.inner:
                if not process.read(lambda text: text.endswith(inner.prompt), deadline):
                    raise Failure(f"it ended ({process.status}) before its prompt came:\n{process.text}")
                yield typed, self._lines(process.text, inner.prompt, typed)
                process.type(inner.text)
                typed, prompt = inner, inner.prompt
                deadline = time.monotonic() + LIMIT
            # The last one either ends the program or brings the prompt once more.
            process.read(lambda text: text.endswith(prompt), deadline)
            yield typed, self._lines(process.text, prompt, typed)
        finally:
            process.end()

    @staticmethod
    def _lines(text, prompt, typed):
        if text.endswith(prompt):
            text = text[: -len(prompt)]
        lines = text.split("\n")
        # Consoles echo what is typed.
        if typed is not None and lines and typed.text.strip() and typed.text in lines[0]:
            lines.pop(0)
        while lines and not lines[-1].strip():
            lines.pop()
        return lines

    def close(self):
        for process in self.background:
            process.end()
