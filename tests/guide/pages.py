# SPDX-License-Identifier: Apache-2.0
"""What of a guide page can be run: its console blocks and the files that it shows.

A block of commands is a ".. code-block:: console". In it
    $ command            is typed at the reader's shell; "> " continues it on the next line
    qrv# command         is typed at the target, which a "$ qrv run ..." before it has started
    (gdb) command        is typed at GDB, likewise
and all other lines are what the command before them prints. A line "..." stands for any lines, and ... within
a line for any text. Output that the page does not show is not compared; the exit status always is.

Any other ".. code-block::" with a ":caption:" is a file of that name, written where the page is at that point.

A comment ".. guide: WORD..." before a block says more about it:
    skip REASON          cannot be run (real hardware); counted and named
    needs FEATURE...     is run when the SDK has it: c++, gdb, exec, template:NAME or file:PATH
    background           its command goes on while the following blocks run, until the page ends
"""
import re

PROMPTS = ("qrv# ", "(gdb) ")


class PageError(Exception):
    pass


class Command:
    """One typed line, with what it has to print; inner are the lines typed at the prompts it brings."""

    def __init__(self, text, line):
        self.text, self.line = text, line
        self.expected, self.inner = [], []
        self.prompt = None


class Block:
    def __init__(self, kind, line):
        self.kind, self.line = kind, line  # "console" or "file"
        self.commands, self.text, self.name = [], "", None
        self.skip, self.needs, self.background = None, [], False

    @property
    def title(self):
        return self.name if self.kind == "file" else self.commands[0].text.split("\n")[0]


def _indent(line):
    return len(line) - len(line.lstrip(" "))


def _body(lines, start, base):
    """The lines of a directive that begins before start; (option dict, [(number, text)], next)."""
    options, body, i = {}, [], start
    while i < len(lines) and lines[i].strip().startswith(":") and _indent(lines[i]) > base:
        name, value = re.match(r"\s*:([\w-]+):\s*(.*)", lines[i]).groups()
        options[name] = value
        i += 1
    while i < len(lines) and (not lines[i].strip() or _indent(lines[i]) > base):
        body.append((i + 1, lines[i]))
        i += 1
    while body and not body[-1][1].strip():
        body.pop()
    while body and not body[0][1].strip():
        body.pop(0)
    depth = min((_indent(text) for _, text in body if text.strip()), default=0)
    return options, [(number, text[depth:].rstrip()) for number, text in body], i


def _commands(page, body):
    commands = []
    for number, text in body:
        last = commands[-1] if commands else None
        current = last.inner[-1] if last and last.inner else last
        if text.startswith("$ "):
            commands.append(Command(text[2:], number))
        elif text.startswith("> ") and last and not last.inner and not last.expected:
            last.text += "\n" + text[2:]
        elif text.startswith(PROMPTS):
            if last is None:
                raise PageError(f"{page}:{number}: a target command needs a $ line before it")
            prompt = next(p for p in PROMPTS if text.startswith(p))
            inner = Command(text[len(prompt):], number)
            inner.prompt = prompt
            last.inner.append(inner)
        elif current is None:
            raise PageError(f"{page}:{number}: output without a command")
        else:
            current.expected.append(text)
    return commands


def read(page, text):
    """The blocks of a page in their order. page is its name for messages."""
    lines, blocks, notes, i = text.split("\n"), [], [], 0
    while i < len(lines):
        line = lines[i]
        note = re.match(r"\s*\.\. guide: (\S+)\s*(.*)", line)
        directive = re.match(r"(\s*)\.\. code-block:: *(\S+)", line)
        i += 1
        if note:
            notes.append((i, note.group(1), note.group(2)))
        if not directive:
            if notes and line.strip() and not note:
                raise PageError(f"{page}:{notes[-1][0]}: .. guide: without a code block behind it")
            continue
        at = i
        options, body, i = _body(lines, i, len(directive.group(1)))
        if directive.group(2) == "console":
            block = Block("console", at)
            block.commands = _commands(page, body)
            if not block.commands:
                raise PageError(f"{page}:{at}: a console block without a command")
        elif "caption" in options:
            block = Block("file", at)
            block.name = options["caption"]
            block.text = "\n".join(text for _, text in body) + "\n"
        else:
            if notes:
                raise PageError(f"{page}:{at}: .. guide: before a block that is not run")
            continue
        for number, word, rest in notes:
            if word == "skip" and rest:
                block.skip = rest
            elif word == "needs" and rest:
                block.needs += rest.split()
            elif word == "background":
                block.background = True
            else:
                raise PageError(f"{page}:{number}: unknown .. guide: {word} {rest}")
        notes = []
        blocks.append(block)
    return blocks


def matches(expected, got):
    """Do the lines got look like expected? Both are lists of lines."""
    if not expected:
        return True
    pattern = []
    for line in expected:
        if line.strip() == "...":
            pattern.append("(?:[^\n]*\n)*?")
        else:
            pattern.append(".*?".join(re.escape(part) for part in line.rstrip().split("...")) + "\n")
    text = "".join(line.rstrip() + "\n" for line in got)
    return re.fullmatch("".join(pattern), text) is not None
