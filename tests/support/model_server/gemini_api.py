"""The Gemini API, as Gemini CLI speaks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import ClassVar

from tests.support.model_server.modes import Trouble
from tests.support.model_server.protocol import Refusal, joined, new_id, sse
from tests.support.model_server.turns import CACHED, INPUT, OUTPUT, SPOKEN, THOUGHT, Json, Part, Say, Turn, tool_call


class Gemini:
    """Gemini API, as Gemini CLI speaks it."""

    name, path = "gemini", ":(g|streamG)enerateContent$"
    beside: ClassVar[dict[str, Json]] = {":countTokens$": {"totalTokens": INPUT}}

    def turn(self, body: Json, path: str) -> Turn:
        asked = [content["parts"] for content in body["contents"] if content.get("role") != "model"]
        declared = [tool.get("functionDeclarations") or [] for tool in body.get("tools") or ()]
        return Turn(
            prompt=joined([(body.get("systemInstruction") or {}).get("parts"), *asked]),
            results=sum("functionResponse" in part for parts in asked for part in parts),
            tools=tuple(function["name"] for functions in declared for function in functions),
            model=path.rpartition("/")[2].partition(":")[0],
            form=(body.get("generationConfig") or {}).get("responseJsonSchema"),
        )

    async def stream(self, turn: Turn, parts: AsyncIterator[Part]) -> AsyncIterator[str]:
        async for part in parts:
            chunk = self.whole(turn, [part])
            del chunk["candidates"][0]["finishReason"], chunk["usageMetadata"]
            yield sse(chunk)
        yield sse(self.whole(turn, [Say("")]))

    def whole(self, turn: Turn, parts: list[Part]) -> Json:
        content = {"role": "model", "parts": [self._part(part, turn) for part in parts]}
        return {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {
                "promptTokenCount": INPUT,
                "cachedContentTokenCount": CACHED,
                "candidatesTokenCount": SPOKEN,
                "thoughtsTokenCount": THOUGHT,
                "totalTokenCount": INPUT + OUTPUT,
            },
            "modelVersion": turn.model,
            "responseId": new_id(),
        }

    def _part(self, part: Part, turn: Turn) -> dict[str, Json]:
        if isinstance(part, Say):
            return {"text": part.text}
        name, arguments = tool_call(part, turn)
        return {"functionCall": {"name": name, "args": arguments}}

    def refusal(self, trouble: Trouble, model: str, wait: int) -> Refusal:
        quota = "You exceeded your current quota, please check your plan and billing details."
        spent = "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing."
        unknown = f"models/{model} is not found for API version v1beta, or is not supported for generateContent."
        status, code, message = {
            "rate_limit": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
            "rate_limit_reset": (429, "RESOURCE_EXHAUSTED", f"{quota}\nPlease retry in {wait}.0s."),
            "usage_limit": (429, "RESOURCE_EXHAUSTED", quota),
            "no_credit": (429, "RESOURCE_EXHAUSTED", spent),
            "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
            "unauthorized": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            "wrong_model": (404, "NOT_FOUND", unknown),
        }[trouble]

        def detail(kind: str, **more: Json) -> Json:
            return {"@type": f"type.googleapis.com/google.rpc.{kind}", **more}

        details = []
        if trouble in ("rate_limit_reset", "usage_limit"):
            span = "Day" if trouble == "usage_limit" else "Minute"
            metric = "generativelanguage.googleapis.com/generate_content_free_tier_requests"
            violation = {"quotaMetric": metric, "quotaId": f"GenerateRequestsPer{span}PerProjectPerModel-FreeTier"}
            details.append(detail("QuotaFailure", violations=[violation]))
        if trouble == "rate_limit_reset":
            details.append(detail("RetryInfo", retryDelay=f"{wait}s"))
        if trouble == "unauthorized":
            details.append(detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com"))
        error = {"code": status, "message": message, "status": code}
        return Refusal(status, {"error": error | ({"details": details} if details else {})}, {})
