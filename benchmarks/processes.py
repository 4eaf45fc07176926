"""Processes: one that prints and ends, and one that answers as often as it is asked."""

import json
import subprocess
import tempfile


class Failed(RuntimeError):
    """A process that ended without a result."""


def failure(process, errors):
    """Failed, with the last words of a process that ended badly."""
    lines = [line for line in errors.splitlines() if line.strip()]
    return Failed(lines[-1] if lines else f"exit code {process.returncode}")


def output(command, env, cwd):
    """What a command prints.  Errors: Failed, with its own words."""
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        raise failure(done, done.stderr)
    return done.stdout


class Child:
    """A line in, a line of JSON out; as a context it is ended, and waited for."""

    def __init__(self, command, env, cwd):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def ask(self, line):
        """The answer.  Errors: Failed where the process has ended."""
        try:
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline()
        if not answer:
            self.process.wait()
            self.errors.seek(0)
            raise failure(self.process, self.errors.read())
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and not read what it was asked
        self.process.stdout.close()
        self.process.wait()
        self.errors.close()
