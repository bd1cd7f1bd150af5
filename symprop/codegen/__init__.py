"""KernelPlan to the text of a module, and that text to a file or a loaded module."""

from symprop.codegen.extents import with_sizes
from symprop.codegen.files import load_module, write_module
from symprop.codegen.module import generate_module
from symprop.codegen.safety import check_source, own_output

__all__ = ["check_source", "generate_module", "load_module", "own_output", "with_sizes", "write_module"]
