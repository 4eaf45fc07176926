"""Tables in text files: CSV, TSV and their relatives, with a header or without.

Found out from the first lines: the encoding, what stands between two fields (comma,
semicolon, tab, bar or blanks), the decimal comma, and whether the first line is a
header.  Whatever is no number is an error with its line and column:

    people.csv: line 7, column 'age': expected a number, found an empty field
"""

import codecs
import csv
import io
import itertools
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..reading import broken, describe, reading, reason_of
from ..validate import shown
from .columns import default_names, places_of

DELIMITERS = (",", ";", "\t", "|", None)  # None: blanks, or a single column
LOOKED_AT = 64  # lines from which the form is found out
MOST_COLUMNS = 10_000
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
MISSING = ("", "nan", "na", "n/a", "null", "none", "inf", "-inf", "-", "?")
SEPARATOR = re.compile(r'"?sep=(.)"?\s*')  # the first line of some files, for Excel

Read = tuple[list[str] | None, NDArray]  # the names of columns, and their values
Record = tuple[int, list[str]]  # the number of its line, its fields


def is_text(head: bytes) -> bool:
    """Whether a file that begins so can be a table of text."""
    if head.startswith(tuple(MARKS)):
        return True
    known = not describe(head).startswith("the bytes")
    return not known and not any(b < 32 and b not in b"\t\n\r\f" for b in head)


def read(path: Path, where: str, columns: Sequence[str] | None = None) -> Read:
    """(names, values): the header, or None, and finite float64 (n, k), n >= 1.

    where: who asks, for messages.
    columns: the names of those to read, in this order; None for all.  What stands in
    the others does not matter.
    Errors: ArgumentError for columns that are not there; DatasetError naming the file,
    and line and column where it can.
    """
    name = str(path)
    with reading(name), open(path, "rb") as file:
        head = file.read(1 << 12)
        if not is_text(head):
            broken(name, "a table of text (CSV or TSV)", describe(head))
        encoding = _encoding(file, head)
        try:
            with io.TextIOWrapper(file, encoding, newline="") as text:
                return _Reader(name, text).table(where, columns)
        except UnicodeError as error:
            broken(name, f"text in {encoding}", f"other bytes ({reason_of(error)})")


def _encoding(file: BinaryIO, head: bytes) -> str:
    """What the file's bytes stand for; Latin-1 where they are no UTF-8."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            file.seek(0)
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        file.seek(0)
        while piece := file.read(1 << 16):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
        return "utf-8"
    except UnicodeDecodeError:
        return "latin-1"
    finally:
        file.seek(0)


class _Reader:
    """The lines of one file, and the form that its first lines have.

    comma: whether 3,5 is a number.
    """

    def __init__(self, name: str, text: Iterable[str]) -> None:
        self.name = name
        lines, self.skipped, self.comment = iter(text), 0, ""
        delimiters: Sequence[str | None] = DELIMITERS
        first: list[str] = []
        for line in lines:
            if line.strip() and not line.startswith("#") and not SEPARATOR.match(line):
                first = [line]
                break
            self.skipped += 1
            if found := SEPARATOR.match(line):
                delimiters = found.group(1)
            elif line.strip():
                self.comment = line.lstrip("#").strip()
        first += itertools.islice(lines, LOOKED_AT)
        self.delimiter, self.comma = _form(first, delimiters)
        self.lines = itertools.chain(first, lines)

    def table(self, where: str, columns: Sequence[str] | None) -> Read:
        """(names, values)."""
        records = self.records()
        head = next(records, None)
        if head is None:
            broken(self.name, "a table of numbers", "no line with any")
        names = None
        if self.is_header(head[1]):
            names = head[1]
        else:
            records = itertools.chain([head], records)
            commented = self.commented()
            if len(commented) == len(head[1]) and self.is_header(commented):
                names = commented
        width = len(head[1])
        if width > MOST_COLUMNS:
            broken(self.name, f"at most {MOST_COLUMNS:,} columns", f"{width:,}")
        names = names and [field.strip() for field in names]
        places = list(range(width))
        if columns is not None:
            own = names or list(default_names(width))
            places = places_of(where, "columns", own, columns)
            names = list(columns)
        return names, self.numbers(records, names, places, width)

    def commented(self) -> list[str]:
        """The fields of the last comment in front, which may be no table's line."""
        found = _split([self.comment], self.delimiter, strict=False)
        return next(found, (0, []))[1]

    def records(self) -> Iterator[Record]:
        """Each line's number and fields, without empty lines and comments."""
        records = _split(self.lines, self.delimiter)
        line = 0
        while True:
            try:
                line, fields = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                place = f"{self.name}: behind line {self.skipped + line}"
                broken(place, "fields of a table", f"broken ones ({error})")
            if any(map(str.strip, fields)) and not fields[0].startswith("#"):
                yield self.skipped + line, fields

    def numbers(
        self,
        records: Iterable[Record],
        names: list[str] | None,
        places: list[int],
        width: int,
    ) -> NDArray:
        """The values at some places of all records: (n, len(places))."""
        values = array("d")
        for line, fields in records:
            if len(fields) != width:
                broken(f"{self.name}: line {line}", f"{width} fields", len(fields))
            for k, place in enumerate(places):
                field = fields[place]
                number = self.number(field)
                if number is None:
                    column = shown(names[k]) if names and names[k] else str(place + 1)
                    found = self.found(field)
                    where = f"{self.name}: line {line}, column {column}"
                    broken(where, "a number", found)
                values.append(number)
        if not values:
            broken(self.name, "rows of numbers", "a header alone")
        return np.array(values).reshape(-1, len(places))

    def found(self, field: str) -> str:
        """What stands in a field that is no number, and what to do about text."""
        if _is_missing(field):
            return shown(field.strip()) if field.strip() else "an empty field"
        return f"{shown(field.strip())} (name the columns of numbers to leave others)"

    def number(self, field: str) -> float | None:
        """The finite number in a field, or None."""
        return _number(field, self.comma)

    def is_header(self, fields: list[str]) -> bool:
        """Whether there is text in it, and no number in front."""
        filled = [field for field in fields if field.strip()]
        words = [field for field in filled if not _is_missing(field)]
        return (
            bool(words)
            and self.number(filled[0]) is None
            and not all(self.number(word) is not None for word in words)
        )


def _number(field: str, comma: bool) -> float | None:
    """The finite number in a field, or None; 1_000 is none."""
    if comma and "," in field:
        if not COMMA.fullmatch(field.strip()):
            return None
        field = field.replace(",", ".")
    try:
        number = float(field)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in field else None


def _split(
    lines: Iterable[str], delimiter: str | None, strict: bool = True
) -> Iterator[Record]:
    """The number of each line and its fields.  Errors: csv.Error."""
    if delimiter is None:
        yield from ((k, line.split()) for k, line in enumerate(lines, 1))
        return
    reader = csv.reader(
        lines, delimiter=delimiter, skipinitialspace=True, strict=strict
    )
    for fields in reader:
        yield reader.line_num, fields


def _form(
    lines: Sequence[str], delimiters: Sequence[str | None]
) -> tuple[str | None, bool]:
    """(delimiter, decimal comma) that make numbers of most fields in the first lines.

    Every line should have as many fields as the others; of two forms that are equally
    good, the one with more fields is taken, and the decimal point before the comma.
    What may as well be thousands, 1,000, is no number.
    """
    best: tuple[float, int, bool] = (-1.0, 0, True)
    form: tuple[str | None, bool] = (delimiters[0], False)
    for delimiter, comma in itertools.product(delimiters, (False, True)):
        records = []
        with suppress(csv.Error):  # it is said when the line is read
            for _, fields in _split(lines, delimiter, strict=False):
                if any(map(str.strip, fields)) and not fields[0].startswith("#"):
                    records.append(fields)
        whole = [field for record in records for field in record]
        if comma and (delimiter == "," or not _have_decimal_commas(whole)):
            continue
        if comma and any(map(_has_other_comma, whole[: len(records[0])])):
            continue
        widths = [len(fields) for fields in records]
        width = max(set(widths), key=widths.count, default=0)
        fields = [field for record in records[1:] or records for field in record]
        good = sum(_number(f, comma) is not None or _is_missing(f) for f in fields)
        share = good * widths.count(width) / max(1, len(fields) * len(widths))
        if (share, width, not comma) > best:
            best, form = (share, width, not comma), (delimiter, comma)
    return form


def _have_decimal_commas(fields: Iterable[str]) -> bool:
    """Whether there are any that do not look like 1,000."""
    return any(
        COMMA.fullmatch(text) and not THOUSANDS.fullmatch(text)
        for text in map(str.strip, fields)
    )


def _has_other_comma(field: str) -> bool:
    """Whether there is a comma in a field that is none of a number."""
    return "," in field and _number(field, True) is None


def _is_missing(field: str) -> bool:
    """Whether nothing stands there, or what is written where a number is not known."""
    return field.strip().lower() in MISSING
