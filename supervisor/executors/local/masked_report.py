"""What an agent wrote down of itself, without the session's secrets: what it printed is masked line by line before."""

from __future__ import annotations

from supervisor.executors.local.terminal.redaction import Redactor
from supervisor.model.agent_report import LONGEST_MESSAGE, AgentReport


def masked_report(heard: AgentReport, mask: Redactor) -> AgentReport:
    """The same report; every text in it that the agent may have chosen is as it may be written anywhere."""

    def masked(text: str, *, is_rest: bool = False) -> str:
        data = text.encode("utf-8", "surrogatepass")
        return (mask.apply_to_rest(data) if is_rest else mask.apply(data)).decode("utf-8", "replace")

    trouble = heard.trouble
    return heard.model_copy(
        update={
            "model": None if heard.model is None else masked(heard.model),
            "provider_session_id": None if heard.provider_session_id is None else masked(heard.provider_session_id),
            "last_message": masked(heard.last_message, is_rest=len(heard.last_message) >= LONGEST_MESSAGE),
            "trouble": None
            if trouble is None
            else trouble.model_copy(update={"message": masked(trouble.message), "remedy": masked(trouble.remedy)}),
        }
    )
