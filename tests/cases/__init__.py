"""Small networks as equations, for the algebra, the oracle and the plans."""
