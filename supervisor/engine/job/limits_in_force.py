"""What a job's limits begin with: what earlier supervisors spent, and what of theirs still runs."""

from __future__ import annotations

from supervisor.engine.accounting.budget_ledger import BudgetLedger
from supervisor.engine.job_context import JobContext
from supervisor.store.queries import session_costs


def take_stock(budget: BudgetLedger, context: JobContext, unrecorded: int) -> None:
    """Have the ledger begin with what the store knows, and with `unrecorded` sessions that have a folder only.

    It is called once it was found out which sessions of a dead supervisor still run.
    """
    database, job, options = context.database, context.id, context.options
    budget.take_stock(
        {} if options.max_cost is None else session_costs.known_costs(database, job),
        session_costs.still_running(database, job),
        None if options.max_sessions is None else session_costs.started(database, job) + unrecorded,
    )
