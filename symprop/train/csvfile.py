"""CSV files: UTF-8, a header, commas, decimal points; anything else is refused with its line.

Enters: a path, or "-" for standard input.  Leaves: the header, then the columns asked for, as numbers or as text.
Columns that nobody asked for are split but never converted.  Which columns those are is decided in columns.py.
"""

from __future__ import annotations

import csv
import math
import stat
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from symprop.errors import DataError, Fault, MachineError
from symprop.train.cells import NUMBER, Tally, parse_cell, quote
from symprop.train.contract import Array
from symprop.train.settings import DataLimits

_MAGIC = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\x1f\x8b": "compressed with gzip",
    b"\x93NUMPY": "a NumPy array",
}
_AS_UTF8 = "Save it as CSV in UTF-8."


@dataclass(frozen=True)
class TableData:
    """Columns of a table.

    Args:
        numbers: (N, K) float64, the columns asked for as numbers, in that order.
        texts: a list of N strings for each column asked for as text.
        lines: (N,) line of each row in its file; empty where there is no file.
    """

    numbers: Array
    texts: dict[str, list[str]]
    lines: Array


class Table(Protocol):
    """Where columns come from: a CSV file, or a data set that comes with a package."""

    source: str
    header: tuple[str, ...]
    class_names: tuple[str, ...]

    def read(self, numeric: Sequence[str], text: Sequence[str]) -> TableData:
        """Read the columns named."""
        ...


def check_file(path: str, limits: DataLimits) -> None:
    """Refuse what is not a regular file of bearable size, a pipe that would hang included.

    Raises:
        MachineError: there is no such file, or it cannot be read as one.
        DataError: it is larger than the limit.
    """
    try:
        found = Path(path).stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MachineError(f"{path}: cannot be read: {reason}. Check the path of the data.") from error
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "not a regular file"
        raise MachineError(f"{path}: cannot be read: it is {kind}. Give the path of a .csv or .npz file.")
    if found.st_size > limits.file_bytes:
        message = f"file too large; expected at most {limits.file_bytes} bytes, got {found.st_size}"
        raise DataError(Fault(path, message, "Raise limits.file_bytes if you trust it."))


@contextmanager
def open_csv(path: str, limits: DataLimits) -> Iterator[CsvTable]:
    """Open a CSV file and read its header.

    Raises:
        DataError: not UTF-8, no header, names missing or doubled.
        MachineError: the file cannot be read.
    """
    if path == "-":
        yield CsvTable("<stdin>", sys.stdin.buffer, limits)
        return
    check_file(path, limits)
    try:
        stream = open(path, "rb")  # noqa: SIM115 - closed below; the error of opening is not that of reading
    except OSError as error:
        raise MachineError(f"{path}: cannot be read: {error.strerror}. Check the permissions of the data.") from error
    with stream:
        yield CsvTable(path, stream, limits)


class CsvTable:
    """A CSV file whose header has been read; its rows can be read once."""

    class_names: tuple[str, ...] = ()

    def __init__(self, source: str, stream: BinaryIO, limits: DataLimits) -> None:
        self.source = source
        self._stream = stream
        self._limits = limits
        self._line = 0
        self._reader = csv.reader(self._lines(), strict=True)
        self.header = self._read_header()

    def read(self, numeric: Sequence[str], text: Sequence[str]) -> TableData:
        """Read all rows; every fault of every column is reported at once.

        Raises:
            DataError: no row, a row of another length than the header, or a field that is no finite number.
        """
        places = [self.header.index(name) for name in numeric]
        text_places = [(name, self.header.index(name)) for name in text]
        flat, lines = array("d"), array("q")
        texts: dict[str, list[str]] = {name: [] for name in text}
        tally = Tally(self.source)
        for line, row in self._rows():
            flat.extend(self._numbers([row[i] for i in places], line, numeric, tally))
            lines.append(line)
            for name, place in text_places:
                texts[name].append(row[place])
        if faults := tally.faults():
            raise DataError(faults)
        if not lines:
            raise self._fault(self._line, "no rows below the header", "Give at least one row of data.")
        numbers = np.frombuffer(flat, dtype=np.float64).reshape(len(lines), len(places))
        return TableData(numbers, texts, np.frombuffer(lines, dtype=np.int64))

    def _numbers(self, fields: list[str], line: int, names: Sequence[str], tally: Tally) -> list[float]:
        # float() alone would accept nan, 1_000 and digits of other scripts; they take the slow way, which refuses them.
        joined = "".join(fields)
        if joined.isascii() and "_" not in joined:
            try:
                values = list(map(float, fields))
            except ValueError:
                values = [math.nan]
            if math.isfinite(sum(values)):
                return values
        return [self._cell(field, line, name, tally) for field, name in zip(fields, names, strict=True)]

    @staticmethod
    def _cell(field: str, line: int, name: str, tally: Tally) -> float:
        value = parse_cell(field)
        if isinstance(value, float):
            return value
        tally.add(line, name, field, value)
        return math.nan

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        blank = 0
        for row in self._records():
            if not row:
                blank = blank or self._line
                continue
            if blank:
                raise self._fault(blank, "empty line between rows", "Remove it, or fill in the missing values.")
            if len(row) != len(self.header):
                raise self._ragged(row)
            yield self._line, row

    def _records(self) -> Iterator[list[str]]:
        try:
            for row in self._reader:
                self._check_fields(row)
                yield row
        except csv.Error as error:
            # The wording of the standard library changes between versions; only its kind is used.
            if "field larger" in str(error):
                raise self._too_long(f"at most {csv.field_size_limit()} characters, got more") from error
            message = "not CSV; a quote or a line end is out of place"
            raise self._fault(self._line, message, "Write quotes in text twice, and end lines with LF.") from error

    def _check_fields(self, row: list[str]) -> None:
        limit = self._limits.field_characters
        longest = max(map(len, row), default=0)
        if longest > limit:
            raise self._too_long(f"at most {limit} characters, got {longest}")

    def _too_long(self, wanted: str) -> DataError:
        return self._fault(self._line, f"field too long; expected {wanted}", "Look for a quote that is never closed.")

    def _ragged(self, row: list[str]) -> DataError:
        wanted = len(self.header)
        message = f"wrong number of fields; expected {wanted} as in the header, got {len(row)}"
        doubled = len(row) == 2 * wanted and wanted > 0
        return self._fault(
            self._line,
            message,
            "Decimal commas? Write decimal points." if doubled else "Quote text that has commas in it.",
        )

    def _lines(self) -> Iterator[str]:
        limit = self._limits.line_characters
        while raw := self._stream.readline(limit + 1):
            self._line += 1
            if len(raw) > limit:
                message = f"line too long; expected at most {limit} bytes, got more"
                raise self._fault(self._line, message, "Look for missing line ends.")
            yield self._decode(raw)

    def _decode(self, raw: bytes) -> str:
        if self._line == 1:
            for magic, kind in _MAGIC.items():
                if raw.startswith(magic):
                    raise self._fault(1, f"not a CSV file; expected UTF-8 text, got {kind}", _AS_UTF8)
        try:
            text = raw.decode("utf-8-sig" if self._line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            message = f"not UTF-8; byte {error.start + 1} of the line is 0x{raw[error.start]:02x}"
            raise self._fault(self._line, message, _AS_UTF8) from error
        if "\0" in text:
            raise self._fault(self._line, "not text; it holds a NUL character", _AS_UTF8)
        return text

    def _read_header(self) -> tuple[str, ...]:
        first = next(self._records(), None)
        if not first:
            raise self._fault(1, "empty; expected a header of column names", "Name the columns in the first line.")
        names = tuple(name.strip() for name in first)
        self._check_separator(names)
        self._check_named(names)
        return names

    def _check_separator(self, names: tuple[str, ...]) -> None:
        for mark, word in ((";", "semicolons"), ("\t", "tabs")):
            if len(names) == 1 and mark in names[0]:
                message = f"columns are separated by {word}; expected commas"
                raise self._fault(1, message, "Save it with commas between columns and decimal points in numbers.")

    def _check_named(self, names: tuple[str, ...]) -> None:
        if "" in names:
            place = names.index("") + 1
            advice = "Name it, or leave an index out when the file is written (pandas: index=False)."
            raise self._fault(1, f"column {place} has no name", advice)
        doubled = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
        headless = all(NUMBER.fullmatch(name) for name in names) and names != tuple(map(str, range(len(names))))
        if headless:
            message = f"no header; expected column names, got numbers ({quote(names[0])} first)"
            raise self._fault(1, message, "Add a first line with the names of the columns.")
        if doubled:
            shown = ", ".join(quote(name) for name in doubled)
            raise self._fault(1, f"column names occur more than once: {shown}", "Give each column a name of its own.")

    def _fault(self, line: int, message: str, advice: str) -> DataError:
        return DataError(Fault(f"{self.source}:{max(line, 1)}", message, advice))
