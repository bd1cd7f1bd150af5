"""Loops as vector code: Python functions of plain loops over arrays become LLVM IR for the vectors of the machine.

The files of this package are part of every generated module (see `symprop.codegen.embedding`), and are used from there;
they import nothing of symprop.
"""
