"""Random numbers of tasks: one stream for each, whatever the plan.

`path` gives each task its own; `watch` notices tasks that share one.
"""
