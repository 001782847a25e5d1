"""Errors of OpenAI's API, which its two protocols share."""

from __future__ import annotations

from tests.support.model_server.modes import Trouble
from tests.support.model_server.protocol import Refusal, new_id


def openai_refusal(trouble: Trouble, model: str, wait: int) -> Refusal:
    """Errors of OpenAI's API."""
    busy = "The server is currently overloaded with other requests. Sorry about that! Please try again later."
    limit = f"Rate limit reached for {model} in organization org-1 on requests per min (RPM): Limit 3, Used 3."
    quota = "You exceeded your current quota, please check your plan and billing details."
    unknown = f"The model `{model}` does not exist or you do not have access to it."
    status, kind, code, message = {
        "rate_limit": (429, "requests", "rate_limit_exceeded", limit),
        "rate_limit_reset": (429, "requests", "rate_limit_exceeded", f"{limit} Please try again in {wait}s."),
        "overloaded": (503, "server_error", "server_is_overloaded", busy),
        "unauthorized": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: dummy."),
        "wrong_model": (404, "invalid_request_error", "model_not_found", unknown),
    }.get(trouble, (429, "insufficient_quota", "insufficient_quota", quota))
    headers = {"x-request-id": new_id("req_")}
    if trouble == "rate_limit_reset":
        headers |= {"retry-after": str(wait), "x-ratelimit-remaining-requests": "0"}
        headers |= {"x-ratelimit-limit-requests": "3", "x-ratelimit-reset-requests": f"{wait}s"}
    return Refusal(status, {"error": {"message": message, "type": kind, "param": None, "code": code}}, headers)
