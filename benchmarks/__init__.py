"""Benchmarks anyone can run; each prints the machine and the versions it ran on."""
