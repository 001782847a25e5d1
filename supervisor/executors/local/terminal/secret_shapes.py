"""Where in some bytes the keys of known providers are: told by what they begin with, never by how random they look.

A transcript is mostly no secret, and looking must cost next to nothing. So each pattern begins with a byte, or a few,
that are searched for at the speed of memory and seldom stand in other text: of most tokens the mark after their name.
What stands before the mark is looked back for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

Span = tuple[int, int]

# fmt: off
_TOKENS: tuple[tuple[str, str, str], ...] = (
    # A name of a fixed length, the mark after it, and the rest, which begins as `_BEGINS` says.
    ("gh[oprsu]", "_", "[A-Za-z0-9]{30,}"), ("github_pat", "_", r"\w{30,}"),
    ("gl(?:dt|ft|rt)", "-", r"[\w-]{20,}"), ("gl(?:cbt|imt|oas|pat|ptt)", "-", r"[\w-]{20,}"),
    ("glsoat", "-", r"[\w-]{20,}"), ("glagent", "-", r"[\w-]{20,}"),
    ("npm", "_", "[A-Za-z0-9]{30,}"), ("pypi", "-", r"AgE[\w-]{50,}"), ("rubygems", "_", "[0-9a-f]{48}"),
    ("SG", r"\.", r"[\w-]{22}\.[\w-]{43}"),
    ("xox[abeoprs]", "-", "[A-Za-z0-9-]{10,}"), ("xapp", "-", "[A-Za-z0-9-]{20,}"),
    ("[rs]k_(?:live|test)", "_", "[A-Za-z0-9]{24,}"), ("whsec", "_", "[A-Za-z0-9+/]{24,}=*"),
    ("sq0(?:atp|csp)", "-", r"[\w-]{22,}"), ("shp(?:at|ca|pa|ss)", "_", "[0-9A-Fa-f]{32}"),
    ("ya29", r"\.", r"[\w-]{20,}"), ("GOCSPX", "-", r"[\w-]{28}"), ("hv[brs]", r"\.", r"[\w-]{24,}"),
    ("do[opr]_v1", "_", "[0-9a-f]{64}"), ("dt0c01", r"\.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("glsa", "_", "[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"), ("lin_api", "_", "[A-Za-z0-9]{32,}"),
    ("PMAK", "-", "[0-9a-f]{24}-[0-9a-f]{34}"), ("NRAK", "-", "[A-Z0-9]{27}"), ("HRKU", "-", r"[\w-]{30,}"),
    ("tskey", "-", r"[\w-]{20,}"), ("pplx", "-", "[A-Za-z0-9]{40,}"),
)
_SHORT_TOKENS: tuple[tuple[str, str, str], ...] = (
    # The same, but words may end so: nothing of a word stands before it.
    ("sk", "-", r"(?:ant|proj|svcacct|admin|or-v1)-(?=[A-Za-z_-]{0,200}\d)[\w-]{20,}"),
    ("sk", "-", r"(?:[\w-]{0,80}[_-])?(?=[A-Za-z]{0,200}\d)[A-Za-z0-9]{20,}[\w-]*"),
    ("hf", "_", "[A-Za-z0-9]{30,}"), ("gsk", "_", "[A-Za-z0-9]{40,}"), ("r8", "_", "[A-Za-z0-9]{37}"),
    ("sbp", "_", "[0-9a-f]{40}"), ("ntn", "_", "[A-Za-z0-9]{40,}"), ("nfp", "_", "[A-Za-z0-9]{36}"),
    ("xai", "-", "[A-Za-z0-9]{70,}"), ("pul", "-", "[0-9a-f]{40}"),
)
# fmt: on
_BEGINS = {"_": "(?=[A-Za-z0-9+/]{16})", "-": r"(?<![cdf0-9-]-)(?=[\w-]{10})", r"\.": r"(?=[\w-]{20})"}
"""What holds of all tokens with a mark, and of little else: names have many parts, and UUIDs many dashes."""
_WORD_BEFORE = r"(?:(?<![\w\\-])|(?<=\\[nrt])|(?<=\\u00[0-9a-f]{2})|(?<=[0-9;\[]m))"
"""None; an escape of JSON, or a colour, ends in a letter and is no word."""
_TO_VALUE = r"""[ \\"']{0,4}[=:]?[ \\"']{0,4}"""
_BASE64_40 = r"([A-Za-z0-9/+]{40})(?![\w/+=-])"
_AFTER_MARK = {
    "_": (
        rf"authToken{_TO_VALUE}([\w./+=-]{{8,}})",
        rf"key(?<=ecret_access_key){_TO_VALUE}{_BASE64_40}",
        r"(?<=(dckr_pat)_)[\w-]{27}",
    ),
    "-": (r"us\d(?<=([0-9a-z]{32})-us\d)\d?(?![\w-])",),
    r"\.": (
        r"(?=[\w-]{6}\.[\w-]{27})(?:(?<=([MNO][\w-]{23})\.)|(?<=([MNO][\w-]{24})\.)|(?<=([MNO][\w-]{25})\.))[\w-]{6}\.[\w-]{27,}",
        r"slack\.com(?<=hooks\.slack\.com)/services/(T\w+/B\w+/\w+)",
    ),
}
_OTHERS = (
    r"A(?:(?:3T[A-Z0-9]|BIA|CCA|KIA|SIA)[0-9A-Z]{16}|Iza[\w-]{35}|TATT3[\w=-]{100,}|KCp[A-Za-z0-9]{60,}"
    r"|GE-SECRET-KEY-1[0-9A-Z]{50,})",
    rf"K(?:(?<=ecretAccessK)ey{_TO_VALUE}{_BASE64_40}|(?<=ECRET_ACCESS_K)EY{_TO_VALUE}{_BASE64_40}"
    r"|(?<=AccountK)ey=([A-Za-z0-9+/=]{40,}))",
    r":(?:(A(?<=\d{8}:A)[\w-]{34})(?![\w-])"
    r"|(?=[ \\\"']{1,4}Basic )(?:(?<=uthorization:)|(?<=uthorization[\"']:)|(?<=uthorization\\[\"']:))"
    r"[ \\\"']{1,4}Basic ([A-Za-z0-9+/]{8,}=*)"
    r"|//[^\s:/?#\[\]@\"'`\\<>{}$]{1,100}:([^\s:/?#\[\]@\"'`\\<>{}$]{1,200})(?=@(?!sha256:)))",
    r"earer (?=[A-Za-z._~+/-]{0,200}\d)([A-Za-z0-9._~+/-]{16,}=*)",
    r"eyJ[\w-]{10,600}\.eyJ[\w-]{10,16000}\.[\w-]*",
    r"dapi[0-9a-f]{32}",
    r"GR1348941[\w-]{20,}",
)


def prepare() -> None:
    """Compile what is searched for, which takes some milliseconds: not between what was read and what is kept of it."""
    _patterns()


def spans(data: bytes) -> Iterator[Span]:
    """Begin and end of each, in no order; they may overlap. Takes time in proportion to the data, whatever that is."""
    for pattern in _patterns():
        for found in pattern.finditer(data):
            begin = found.start(found.lastindex or 0)
            if data[begin - 1 : begin] != b"\\":  # else its first letter belongs to an escape of JSON
                yield begin, found.end()


@cache
def _patterns() -> tuple[re.Pattern[bytes], ...]:
    """A pattern's group is where the secret begins; it ends with what was found."""
    made = list(_OTHERS)
    for mark, others in _AFTER_MARK.items():
        tokens = [rf"(?<=({name}){mark}){rest}" for name, its, rest in _TOKENS if its == mark]
        tokens += [rf"(?<={_WORD_BEFORE}({name}){mark}){rest}" for name, its, rest in _SHORT_TOKENS if its == mark]
        either = "|".join((*others, f"{_BEGINS[mark]}(?:{'|'.join(tokens)})"))
        made.append(f"{mark}(?:{either})")
    return tuple(re.compile(each.encode()) for each in made)
