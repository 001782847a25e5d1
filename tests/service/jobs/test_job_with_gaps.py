"""A job that ended with some items missing, as the service tells of it."""

from __future__ import annotations

from supervisor.project.project import find_project
from supervisor.service.jobs.job_view import view
from supervisor.service.jobs.workflow_catalog import WorkflowCatalog
from supervisor.store.database import open_store
from supervisor.store.tables import jobs
from tests.support.scripted_project import Small, numbered


def test_it_has_an_output_is_at_its_end_and_says_what_is_missing(small: Small) -> None:
    agent = "write({i: p['n'] for i, p in items.items() if p['n'] != 2})\n"
    small.lay_out(numbered(3), agent=agent, phases=[{"max_attempts": 1}]).run(status=1)
    project = find_project(small.root)
    database = open_store(project.store)
    shown = view(database, jobs.get(database, 1), WorkflowCatalog(project))
    database.close()
    assert (shown.status, shown.progress, shown.output) == ("completed_with_gaps", 100, {"i01": 1, "i03": 3})
    assert (shown.steps[0].status, shown.failed_items_total) == ("completed_with_gaps", 1)
    assert shown.error_message == "2 of 3 items: missing_item: the output has nothing for i02"
