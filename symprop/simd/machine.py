"""Machine code: made of LLVM IR for this processor, kept as bytes, loaded into the process.

Enters: LLVM IR.  Leaves: objects as bytes, and functions that Python can call.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from llvmlite import __version__ as llvmlite_version
from llvmlite import binding

RESULTS = {"double": ctypes.c_double, "i64": ctypes.c_int64, "void": None}


def setting(name: str) -> Any:
    """A setting of Numba's, which need not have been imported: its own, or what the environment says."""
    if "numba" not in sys.modules and not os.path.exists(".numba_config.yaml"):
        return os.environ.get(f"NUMBA_{name}")
    from numba.core import config

    return getattr(config, name)


def runs_python() -> bool:
    """Whether functions are to be run by Python as they are."""
    return bool(int(setting("DISABLE_JIT") or 0))


def processor() -> tuple[str, str]:
    """Name and features of this machine's processor, or of the one that Numba was told to compile for."""
    name, features = setting("CPU_NAME"), setting("CPU_FEATURES")
    if features is None:
        features = "" if name == "generic" else binding.get_host_cpu_features().flatten()
    return name or binding.get_host_cpu_name(), features


class Native(NamedTuple):
    """Machine code of a function and of those it calls.

    Args:
        result: the LLVM type it gives back.
        needed: functions of the process it calls.
        objects: the machine code.
    """

    result: str
    needed: tuple[str, ...]
    objects: tuple[bytes, ...]


def _machine() -> Any:
    """A machine of LLVM's of one's own: one that is given to an engine belongs to it."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple()
    # code that is loaded at any address, by a linker of LLVM's that knows no other way on x86
    place = "static" if target.name.startswith("x86") else "default"
    return target.create_target_machine(*processor(), 3, reloc=place, codemodel="jitdefault", jit=True)


def made_by() -> tuple[str, ...]:
    """All that machine code depends on beside its text."""
    name, features = processor()
    return (*map(str, binding.llvm_version_info), llvmlite_version, binding.get_default_triple(), name, features)


def object_of(text: str) -> bytes:
    """LLVM IR as machine code.

    Vector code gains 1 to 3 percent by LLVM's optimisations, for a third of the time that a first call takes.

    Raises:
        RuntimeError: the text is no LLVM IR.
    """
    machine = _machine()
    module = binding.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    passes = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=2))
    passes.getModulePassManager().run(module, passes)
    return bytes(machine.emit_object(module))


def loaded(native: Native) -> Callable[[bytes], Any] | None:
    """The function of `Native`, taking the words of its arguments; None where the process lacks what it calls."""
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine())
    # asked once there is an engine, which looks through the libraries of the process; it would end one that lacks them
    if not all(binding.address_of_symbol(name) for name in native.needed):
        return None
    for part in native.objects:
        engine.add_object_file(binding.ObjectFileRef.from_data(part))
    engine.finalize_object()
    function = ctypes.CFUNCTYPE(RESULTS[native.result], ctypes.c_char_p)(engine.get_function_address("entry"))
    function.engine = engine  # type: ignore[attr-defined]  # the code lives as long as the function
    return function


def names_needed(declared: Iterable[str]) -> tuple[str, ...]:
    """Of declarations the names of functions that are none of LLVM's own."""
    names = sorted({line.split("@")[1].split("(")[0] for line in declared})
    return tuple(name for name in names if not name.startswith("llvm."))
