from hypothesis import settings

# The same examples on every machine and in every run; a slow machine is no fault.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")
