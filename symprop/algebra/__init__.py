"""The algebra of derivations: scalar derivatives by SymPy, delta elimination, folding, simplification."""
