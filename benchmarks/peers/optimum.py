"""OR-tools: the shortest schedule of batches whose durations are known, as far as it is found in some seconds.

Reads `{"slots", "patience_s", "durations": [seconds, …], "needs": [[index, …], …]}` and prints `{"best_s", "bound_s"}`:
a schedule that there is, and what none can beat.
"""

import json
import sys

from ortools.sat.python import cp_model

GRAIN_S = 0.0001

asked = json.load(sys.stdin)
sizes = [int(seconds / GRAIN_S) for seconds in asked["durations"]]
model = cp_model.CpModel()
horizon = sum(sizes)
end = model.new_int_var(0, horizon, "end")
starts = [model.new_int_var(0, horizon, f"start {n}") for n in range(len(sizes))]
spans = [model.new_fixed_size_interval_var(start, size, "") for start, size in zip(starts, sizes, strict=True)]
model.add_cumulative(spans, [1] * len(spans), asked["slots"])
for start, size, needed in zip(starts, sizes, asked["needs"], strict=True):
    model.add(start + size <= end)
    for other in needed:
        model.add(start >= starts[other] + sizes[other])
model.minimize(end)
solver = cp_model.CpSolver()
solver.parameters.max_time_in_seconds = asked["patience_s"]
solver.parameters.num_workers = 8
status = solver.solve(model)
found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
rounded = len(sizes) * GRAIN_S  # every duration was rounded down
best = solver.objective_value * GRAIN_S + rounded if found else None
json.dump({"best_s": best, "bound_s": solver.best_objective_bound * GRAIN_S}, sys.stdout)
