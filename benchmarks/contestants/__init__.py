"""Who takes part.  One module for each library and kind of workload.

A contestant of kind "gan" is made from a `Game` and its data, trains in `run(steps)`,
and lets its halves be called one by one, so that `checks` can see what each moves.  The
methods named in `shown` stand beside the table in the docs.
"""
