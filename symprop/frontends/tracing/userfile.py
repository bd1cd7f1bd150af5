"""The user's own file: loaded, its functions run, its faults in one line with their place.

Enters: a path.  Leaves: the module, and what its functions return.  The file is the user's own code and is run; nothing
of it is believed.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import inspect
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from symprop.errors import ClaimError, Fault, MachineError, SpecError, UndecidedError
from symprop.spec.places import close
from symprop.spec.source import read_text

MODULE = "symprop_user_file"
AGAIN = 0.2  # seconds after which an alarm that came at a time when nothing can be raised rings again


@dataclass(frozen=True)
class UserFile:
    """A Python file.

    Args:
        name: of the file, for messages.
        path: where it is.
        source: its text.
        module: what it defines.
    """

    name: str
    path: Path
    source: str
    module: ModuleType

    def function(self, name: str) -> Callable[..., Any]:
        """The function of a name.

        Raises:
            ClaimError: there is none.
        """
        found = self.module.__dict__.get(name)
        if callable(found):
            return found  # type: ignore[no-any-return]
        known = [n for n, v in self.module.__dict__.items() if inspect.isfunction(v) and v.__module__ == MODULE]
        near = close(name, known)
        hint = f"Did you mean '{near}'?" if near else ""
        raise ClaimError(Fault(self.name, f"there is no function '{name}'; expected def {name}(...)", hint))

    def has(self, name: str) -> bool:
        """True where the file defines a name."""
        return name in self.module.__dict__

    def line(self, name: str) -> str:
        """The place of a function's definition."""
        code = getattr(self.module.__dict__.get(name), "__code__", None)
        return f"{self.name}:{code.co_firstlineno}" if code is not None else self.name

    @property
    def integers(self) -> frozenset[int]:
        """All whole numbers that are written in the file."""
        nodes = ast.walk(ast.parse(self.source))
        return frozenset(n.value for n in nodes if isinstance(n, ast.Constant) and type(n.value) is int)


def load(path: str | os.PathLike[str], seconds: float = 60.0) -> UserFile:
    """Run a file, as Python does when it is imported.

    Raises:
        ClaimError: it is no Python, or raises an exception; the message names the line.
        MachineError: it cannot be read.
    """
    try:
        name, source = read_text(path, expected="a Python file such as hand.py")
    except SpecError as error:
        raise ClaimError(error.faults) from None
    name = Path(name).name
    _check_syntax(source, name)
    place = Path(path).resolve()
    spec = spec_from_file_location(MODULE, place)
    if spec is None or spec.loader is None:
        raise MachineError(f"{name}: it cannot be imported; expected a file that ends in .py")
    module = module_from_spec(spec)
    file = UserFile(name, place, source, module)
    with running(file, "the file", seconds):
        spec.loader.exec_module(module)
    return file


def _check_syntax(source: str, name: str) -> None:
    try:
        ast.parse(source)
    except SyntaxError as error:
        where = f"{name}:{error.lineno or 1}:{error.offset or 1}"
        raise ClaimError(Fault(where, f"this is no Python: {error.msg}")) from None
    except (ValueError, RecursionError, MemoryError):
        raise ClaimError(Fault(name, "this is no Python: it is nested too deeply")) from None


def arguments_of(file: UserFile, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a function by their names.

    Raises:
        ClaimError: a name is unknown.
    """
    found = {}
    for parameter in inspect.signature(file.function(name)).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in values:
            found[parameter.name] = values[parameter.name]
        elif parameter.default is parameter.empty:
            near = close(parameter.name, list(values))
            message = f"{name}: argument '{parameter.name}' is no input; expected {', '.join(values)}"
            raise ClaimError(Fault(file.line(name), message, f"Did you mean '{near}'?" if near else ""))
    return found


def call(file: UserFile, name: str, arguments: Mapping[str, Any], seconds: float = 60.0) -> Any:
    """What a function returns.

    Raises:
        ClaimError: it raises an exception; the message names the line.
        UndecidedError: it does not end.
    """
    function = file.function(name)
    with running(file, name, seconds):
        return function(**arguments)


@contextlib.contextmanager
def running(file: UserFile, what: str, seconds: float) -> Iterator[None]:
    """Run the user's code: exceptions become faults with their line, and what it prints goes to stderr."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    path, modules = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(file.path.parent))
    sys.modules[MODULE] = file.module
    try:
        with contextlib.redirect_stdout(sys.stderr), _limited(file, what, seconds):
            yield
    except (Exception, SystemExit) as error:  # whatever the user's code raises is a fault of the file
        if isinstance(error, UndecidedError):
            raise
        raise ClaimError(_fault(file, what, error)) from None
    finally:
        sys.dont_write_bytecode, sys.path[:] = before, path
        for name in set(sys.modules) - modules:
            if name == MODULE or _is_beside(sys.modules[name], file):
                del sys.modules[name]


def _is_beside(module: ModuleType, file: UserFile) -> bool:
    """True of the user's own other files, which may be others the next time."""
    place = getattr(module, "__file__", None)
    return bool(place) and Path(str(place)).parent == file.path.parent


def _fault(file: UserFile, what: str, error: BaseException) -> Fault:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).parent == file.path.parent]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else file.line(what)
    words = " ".join(str(error).split())[:200]
    return Fault(place, f"{what} raises {type(error).__name__}" + (f": {words}" if words else ""))


class TimeIsUp(BaseException):
    """What runs takes too long.

    Args:
        frame: what was running.
    """

    def __init__(self, frame: FrameType | None) -> None:
        super().__init__()
        self.frame = frame


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `TimeIsUp` after some time, where the system can do that."""
    timer = getattr(signal, "setitimer", None)
    if timer is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if not _is_swallowed(frame):
            raise TimeIsUp(frame)
        timer(signal.ITIMER_REAL, AGAIN)

    before = signal.signal(signal.SIGALRM, stop)
    timer(signal.ITIMER_REAL, max(0.05, seconds))
    try:
        yield
    finally:
        timer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _is_swallowed(frame: FrameType | None) -> bool:
    """True where Python prints and forgets an exception: in a callback of the garbage collector and in a finaliser."""
    callbacks = {getattr(c, "__code__", None) for c in gc.callbacks}
    while frame is not None:
        if frame.f_code in callbacks or frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def _limited(file: UserFile, what: str, seconds: float) -> Iterator[None]:
    """Stop the user's code after some time, at the line it had come to."""
    try:
        with alarm(seconds):
            yield
    except TimeIsUp as error:
        frame = error.frame
        while frame is not None and Path(frame.f_code.co_filename).parent != file.path.parent:
            frame = frame.f_back
        place = file.name if frame is None else f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
        message = f"{what} did not end within {seconds:.3g} seconds"
        raise UndecidedError(str(Fault(place, message, "Give it more with --timeout."))) from None
