"""What tables, columns and states were called in earlier schemas, for reading a store that cannot be opened."""

from __future__ import annotations

TABLES = {
    "agent_cooldowns": "gates",
    "pipeline_versions": "definitions",
    "api_clients": "clients",
    "webhook_deliveries": "deliveries",
}
"""Name of today to the earlier one."""
COLUMNS = {
    ("jobs", "wish"): "stop_request",
    ("jobs", "set_aside_at"): "superseded_at",
    ("items", "made_with"): "instructions_version",
    ("attempts", "asked"): "item_ids",
    ("attempts", "files"): "workspace_kept",
    ("attempts", "conversation"): "provider_session_id",
    ("agent_cooldowns", "next_try"): "next_probe_at",
    ("agent_cooldowns", "tries"): "failed_probes",
    ("agent_cooldowns", "closed_at"): "started_at",
    ("api_clients", "made_at"): "created_at",
    ("webhook_deliveries", "said"): "last_result",
    ("webhook_deliveries", "tries"): "attempts",
}
"""Table of today and earlier name of a column to the column's name."""
HANDLE = (
    "CASE WHEN pid IS NOT NULL THEN json_object('pid', CAST(pid AS INTEGER),"
    " 'started_ticks', CAST(started_ticks AS INTEGER)) END"
)
"""What `attempts.handle` is where a session has its process in columns of its own."""
STATES = {
    ("attempts", "outcome"): {"partly": "partial", "unjudged": "unvalidated"},
    ("batches", "status"): {"waiting": "pending"},
}
"""Table and column to what its earlier values are called today."""
