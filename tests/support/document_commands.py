"""What the documents have people type."""

from __future__ import annotations

import re

from tests.support.repository_content import REPOSITORY


def shell_blocks(document: str) -> list[str]:
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def commands(document: str) -> list[str]:
    return [line for block in shell_blocks(document) for line in block.splitlines() if line.strip()]
