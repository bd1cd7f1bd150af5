"""Functions of `symprop.simd.functions` over arrays, compiled without Numba, a vector at a time."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from itertools import count

import numpy as np
from llvmlite import binding

from symprop.simd.functions import FUNCTIONS
from symprop.simd.lanes import Lanes

TYPES = {"float": np.float32, "double": np.float64}
Points = np.ndarray
engines: list[object] = []


def compiled(name: str, kind: str, width: int, host: bool = True) -> Callable[[Points], Points]:
    """The function over arrays, a vector at a time; for this machine, or for the least one of its kind."""
    lines: list[str] = []
    declared: set[str] = set()
    numbers = count()
    lanes = Lanes(kind, width, lines, lambda: f"%v{next(numbers)}", declared)
    result, own = FUNCTIONS[name](lanes, "%x"), f"{name}_{kind}_{width}"
    align = TYPES[kind]().itemsize
    text = "\n".join(
        [
            *sorted(declared),
            f"define void @{own}(ptr %a, ptr %b, i64 %n) {{",
            "entry:",
            "  br label %step",
            "step:",
            "  %i = phi i64 [ 0, %entry ], [ %j, %step ]",
            f"  %p = getelementptr {kind}, ptr %a, i64 %i",
            f"  %q = getelementptr {kind}, ptr %b, i64 %i",
            f"  %x = load {lanes.type}, ptr %p, align {align}",
            *lines,
            f"  store {lanes.type} {result}, ptr %q, align {align}",
            f"  %j = add i64 %i, {width}",
            "  %c = icmp slt i64 %j, %n",
            "  br i1 %c, label %step, label %end",
            "end:",
            "  ret void",
            "}",
        ]
    )
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    module = binding.parse_assembly(text)
    module.verify()
    target = binding.Target.from_default_triple()
    cpu, features = (binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()) if host else ("", "")
    machine = target.create_target_machine(cpu=cpu, features=features, opt=2)
    engine = binding.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    engines.append(engine)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(engine.get_function_address(own))

    def run(points: Points) -> Points:
        padded = np.resize(points, -(-len(points) // width) * width)
        found = np.empty_like(padded)
        call(padded.ctypes.data, found.ctypes.data, len(padded))
        return found[: len(points)]

    return run
