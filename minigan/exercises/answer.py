"""What a student hands in: names, from files or from the cells of a notebook."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .. import validate
from ..errors import ArgumentError, MiniganError


class Answer:
    """The names that an answer defines.

    names: name -> class or function.   files: where they come from; none in a notebook.
    """

    def __init__(self, names: Mapping[str, Any], files: Iterable[Path] = ()) -> None:
        self.names = dict(names)
        self.files = {str(path) for path in files}

    @classmethod
    def of(cls, given: Any) -> Answer:
        """Of a class or function, several of them, or a mapping such as `globals()`.

        Errors: ArgumentError for anything else.
        """
        if isinstance(given, Mapping):
            return cls(given)
        several = given if isinstance(given, (tuple, list)) else (given,)
        for one in several:
            if not hasattr(one, "__name__"):
                expected = "a class or function, a file, or globals()"
                validate.complain(
                    *(ArgumentError, "exercises.check", "answer", expected),
                    validate.shown(one),
                )
        return cls({one.__name__: one for one in several})

    @classmethod
    def read(cls, paths: Iterable[Path]) -> Answer:
        """Run files and take what they define.

        Errors: whatever the files raise, SyntaxError among it.
        """
        found: dict[str, Any] = {}
        paths = list(paths)
        for path in paths:
            linecache.checkcache(str(path))
            names: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
            code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
            exec(code, names)  # the student's own file, run for the student
            found |= {k: v for k, v in names.items() if not k.startswith("__")}
        return cls(found, paths)

    def __getitem__(self, name: str) -> Any:
        return self.names[name]

    def missing(self, wanted: Iterable[str]) -> list[str]:
        """Those of the wanted names that it does not define."""
        return [name for name in wanted if name not in self.names]

    def failure(self, error: BaseException) -> str:
        """What an error in the answer was, and where it is in the student's text."""
        if isinstance(error, NotImplementedError):
            about = f": {error}" if str(error) else ""
            return f"this is still to be written{about}{self._place(error, False)}"
        kind = type(error).__name__
        if isinstance(error, SyntaxError):
            return f"Python cannot read the file: {error.msg}, line {error.lineno}"
        said = str(error).split("\n")[0]
        if isinstance(error, MiniganError):  # it says what was expected by itself
            return f"{said}{self._place(error)}"
        return f"{kind}: {said}{self._place(error)}"

    def _place(self, error: BaseException, quoted: bool = True) -> str:
        """The innermost line of the student's in a traceback; quoted: with its text."""
        own = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename in self.files or _of_notebook(frame.filename)
        ]
        if not own:
            return ""
        last = own[-1]
        where = f"line {last.lineno}"
        if len(self.files) > 1:
            where = f"{Path(last.filename).name}, {where}"
        return f" ({where}: {last.line})" if last.line and quoted else f" ({where})"


def _of_notebook(filename: str) -> bool:
    """Whether code comes from a cell: IPython names those so."""
    return "ipykernel" in filename or filename.startswith("<ipython-input")
