"""Which functions run through NumPy."""
fallbacks = ()
REFUSED = frozenset("copyto fill_diagonal place put put_along_axis putmask".split())
