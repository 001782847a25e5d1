"""What sessions cost, added up."""

from __future__ import annotations

import json

from supervisor.model.agent_report import Usage


def test_a_sum_of_costs_has_no_digits_that_nobody_told() -> None:
    total = Usage()
    for _ in range(6):
        total = total.plus(Usage(cost_usd=0.00165))
    assert json.dumps(total.cost_usd) == "0.0099"


def test_what_is_unknown_stays_unknown() -> None:
    assert Usage().plus(Usage(output_tokens=1)).cost_usd is None
