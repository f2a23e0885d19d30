"""What happened, read from the journal: tables, a chart, a picture, a trace for Perfetto.

The journal itself is written by the backends, in `crates/tasks/src/journal.rs`.
"""

from abreast.journal.read import Event, Job, Task
from abreast.journal.timeline import Timeline, timeline

__all__ = ["Event", "Job", "Task", "Timeline", "timeline"]
