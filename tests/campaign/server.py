"""`minigan ...` in forked copies of one process that has imported everything.

A start of Python and its imports take a second, a copy a few milliseconds; what the
command does is the same.  Spoken to by `runs.Server`, in lines:

    to it: a task as JSON       from it: the process id of the copy, which waits
    to it: go                   from it: its exit code, negative for a signal

Pictures are not drawn, which takes longer than all the rest, but written as always:
each holds a digest of what it would show.
"""

import gc
import hashlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from minigan import starting
from minigan.cli import cli, main, session
from minigan.cli.pictures import NAMES
from minigan.files import write_atomically

SHOWN = 8  # real and generated rows of a picture


def serve(warm: list[list[str]]) -> None:
    """Copies for one task after the other, until there are no more.

    warm: commands that are run once before, so that all they import is there.
    """
    session.Session._pictures = pictures
    session.draw_report = report
    for arguments in warm:
        with tempfile.TemporaryDirectory() as folder:
            words = [word.replace("FOLDER", f"{folder}/run") for word in arguments]
            cli.main(words, prog_name="minigan", standalone_mode=False)
    sys.stdout.flush()
    gc.collect()
    gc.freeze()  # what is there is not looked at in each copy
    say("ready")
    while task := line():
        waiting, gate = os.pipe()
        child = os.fork()
        if not child:
            os.close(gate)
            become(json.loads(task), waiting)
            os._exit(code_of(main))
        os.close(waiting)
        line()
        os.close(gate)  # which the copy waits for, if nobody has killed it by now
        _, status = os.waitpid(child, 0)
        say(os.waitstatus_to_exitcode(status))


def code_of(command: Callable[[], object]) -> int:
    """The exit code of a command; nothing is taken down behind it, which takes long."""
    code = 1
    try:
        command()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    try:
        sys.stdout.flush()
    except OSError:
        code = 120  # as Python has it
    return code


def become(task: dict[str, Any], waiting: int) -> None:
    """Wait until a pipe is closed, then be the `minigan` command of a task."""
    writing = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [os.open(os.devnull, os.O_RDONLY)]
    files += [os.open(task[name], writing) for name in ("out", "err")]
    os.chdir(task["folder"])
    sys.argv = ["minigan", *task["arguments"]]
    say(os.getpid())
    os.read(waiting, 1)
    os.close(waiting)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    starting.guard()


def pictures(of: session.Session) -> dict[str, Any]:
    """File name -> what writes it, as those of a session."""
    return {name: partial(picture, of, name) for name in NAMES}


def picture(of: session.Session, name: str, path: Path) -> None:
    """A picture of a run: of its history, its frames, and rows of the sample stream."""
    digest = hashlib.sha256(name.encode())
    digest.update(of.trainer.history.table.tobytes())
    digest.update(of.folder.frames.read_bytes())
    for rows in of.rows(SHOWN):
        digest.update(rows.tobytes())
    write_atomically(path, digest.hexdigest().encode())


def report(trainer: Any, frames: Any, path: Path) -> None:
    """The picture of a report."""
    shown = frames.now(trainer).tobytes()
    write_atomically(path, hashlib.sha256(shown).hexdigest().encode())


def line() -> str:
    """The next line of standard input, without a buffer that a copy would share."""
    text = b""
    while not text.endswith(b"\n"):
        if not (byte := os.read(0, 1)):
            return ""
        text += byte
    return text.decode()


def say(what: object) -> None:
    """A line on the standard output that the server began with."""
    os.write(TOLD, f"{what}\n".encode())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    TOLD = os.dup(1)
    os.dup2(2, 1)  # what the warm runs print
    serve(json.loads(sys.argv[1]))
