"""Validators in Python that say less than they seem to: errors of nobody, reports that are none, code that fails."""

from __future__ import annotations

from tests.misleading.case import NULLS, RIGHT, Case, Exactly, Told
from tests.support.scripted_project import numbered

WRONG = NULLS
"""An agent of which nothing may pass."""
NO_REPORT = "validator_failed"


def says(error: str) -> str:
    """A validator with this error for each item."""
    return f"def validate(batch, output, merged):\n    return ValidationReport(errors=[{error} for i in batch.items])\n"


def gives(value: str) -> str:
    """A validator that returns this."""
    return f"def validate(batch, output, merged):\n    return {value}\n"


def does(body: str) -> str:
    """A validator that does this, and has no errors."""
    return f"def validate(batch, output, merged):\n    {body}\n    return ValidationReport()\n"


def named(item_id: str) -> str:
    return says(f"ValidationError(type='wrong', item_id={item_id}, message='it is null')")


STRANGE_NAMES = [
    Case("an error without an item", Told(1, ["it is null"]), WRONG, validator=named("None")),
    Case(
        "an error of an item by a prefix", Told(1, ["'item i01'", "it is null"]), WRONG, validator=named("f'item {i}'")
    ),
    Case("an error of a part of an item", Told(1, ["'i01.said'", "it is null"]), WRONG, validator=named("f'{i}.said'")),
    Case(
        "an error of an item in the wrong case", Told(1, ["'I01'", "it is null"]), WRONG, validator=named("i.upper()")
    ),
    Case(
        "an error of an item by its place",
        Told(1, ["'0'", "it is null"]),
        WRONG,
        validator=named("str(list(batch.items).index(i))"),
    ),
    Case("an error of an empty id", Told(1, ["''", "it is null"]), WRONG, validator=named("''")),
    Case("an error of an id with a space", Told(1, ["'i01 '", "it is null"]), WRONG, validator=named("i + ' '")),
    Case(
        "an error of an item of another batch",
        Told(1, ["'i03'", "it is null"], main=2),
        "write(answers() if batch == 2 else dict.fromkeys(items))\n",
        numbered(4),
        validator="def validate(batch, output, merged):\n    return ValidationReport(errors=[ValidationError(\n"
        "        type='wrong', item_id='i03', message='it is null')] if batch.batch == 1 else [])\n",
    ),
    Case(
        "an error of one item, and one of nobody",
        Told(1, ["it is null", "'?'"]),
        WRONG,
        validator="def validate(batch, output, merged):\n    return ValidationReport(errors=[ValidationError(\n"
        "        type='wrong', item_id=i, message='it is null') for i in ('i01', '?')])\n",
    ),
    Case(
        "an error by a number and not by text",
        Told(1, [NO_REPORT]),
        WRONG,
        items={"1": {"n": 1}, "2": {"n": 2}},
        validator=named("int(i)"),
    ),
    Case(
        "errors of the first item only",
        Told(1, ["it is null"], main={"i02": {"said": {"n": 2}}}),
        "write({**answers(), 'i01': None})\n",
        validator="def validate(batch, output, merged):\n    first = next(iter(batch.items))\n"
        "    return ValidationReport(errors=[ValidationError(type='wrong', item_id=first, message='it is null')]\n"
        "                            if output[first] is None else [])\n",
    ),
    Case(
        "an empty message",
        Told(1, ["wrong"]),
        WRONG,
        validator=says("ValidationError(type='wrong', item_id=i, message='')"),
    ),
    Case(
        "an empty kind",
        Told(1, ["it is null"]),
        WRONG,
        validator=says("ValidationError(type='', item_id=i, message='it is null')"),
    ),
    Case(
        "messages of a megabyte",
        Told(1, ["it is null"]),
        WRONG,
        validator=says("ValidationError(type='wrong', item_id=i, message='it is null ' * 100_000)"),
    ),
]
NO_REPORTS = [
    Case(f"it returns {what}", Told(1, [NO_REPORT, "validate()"]), WRONG, validator=gives(value))
    for what, value in (
        ("nothing", "None"),
        ("True", "True"),
        ("False", "False"),
        ("an empty list", "[]"),
        ("a list of texts", "['i01 is null']"),
        ("a list of errors", "[ValidationError(type='wrong', item_id='i01', message='it is null')]"),
        ("an object without errors", "{'errors': []}"),
        ("a text", "'valid'"),
        ("a status of 0", "0"),
        ("one error", "ValidationError(type='wrong', item_id='i01', message='it is null')"),
        ("the class of reports", "ValidationReport"),
    )
]
NO_REPORTS += [
    Case(
        "it returns something that looks like a report",
        Told(1, [NO_REPORT, "validate()"]),
        WRONG,
        validator="class Report:\n    errors, valid = (), True\n\n\n" + gives("Report()"),
    ),
    Case(
        "it yields its errors",
        Told(1, [NO_REPORT, "validate()"]),
        WRONG,
        validator="def validate(batch, output, merged):\n    for i in batch.items:\n"
        "        yield ValidationError(type='wrong', item_id=i, message='it is null')\n",
    ),
    Case(
        "it has to be awaited",
        Told(1, [NO_REPORT, "validate()"]),
        WRONG,
        validator="async def validate(batch, output, merged):\n    return ValidationReport()\n",
    ),
    Case(
        "errors that are text",
        Told(1, [NO_REPORT, "no ValidationReport can be made of it: errors"]),
        WRONG,
        validator=gives("ValidationReport(errors='i01 is null')"),
    ),
    Case(
        "errors that are a list of texts",
        Told(1, [NO_REPORT]),
        WRONG,
        validator=gives("ValidationReport(errors=['i01 is null'])"),
    ),
    Case("errors that are nothing", Told(1, [NO_REPORT]), WRONG, validator=gives("ValidationReport(errors=None)")),
    Case("a word that no report has", Told(1, [NO_REPORT]), WRONG, validator=gives("ValidationReport(valid=False)")),
    Case(
        "errors under another word",
        Told(1, [NO_REPORT]),
        WRONG,
        validator=gives("ValidationReport(error=['i01 is null'])"),
    ),
    Case(
        "errors of a generator",
        Told(1, [NO_REPORT, "errors: has to be a list of ValidationError"]),
        WRONG,
        validator="def validate(batch, output, merged):\n    return ValidationReport(errors=(ValidationError(\n"
        "        type='wrong', item_id=i, message='it is null') for i in batch.items))\n",
    ),
]
FAILING = [
    Case(f"a validator that {what}", Told(1, [NO_REPORT, word]), WRONG, validator=does(body))
    for what, body, word in (
        ("divides by zero", "1 / 0", "division by zero"),
        ("looks for a name that is not there", "output['i01']['said']", "TypeError"),
        ("fails an assertion", "assert all(output.values())", "AssertionError"),
        ("ends its process with 0", "import sys; sys.exit(0)", "SystemExit: 0"),
        ("ends its process at once with 0", "import os; os._exit(0)", "its process died"),
        ("kills its process", "import os; os.kill(os.getpid(), 9)", "its process died"),
        ("stops as for Ctrl+C", "raise KeyboardInterrupt", "its process died"),
        ("imports at the last moment what is not there", "import no_such_module", "no_such_module"),
        ("recurses for ever", "f = lambda: f(); f()", "recursion"),
        (
            "sends the answer of a report itself",
            "import os; os.write(1, b'{\"errors\": []}\\n'); 1 / 0",
            "division by zero",
        ),
    )
]
FAILING += [
    Case(
        "a validator that hangs",
        Told(1, [NO_REPORT, "1 s"]),
        WRONG,
        validator=does("import signal; signal.pause()"),
        phase={"validator_timeout": 1},
    ),
    Case(
        "a validator that fails for the second batch only",
        Told(1, [NO_REPORT, "division by zero"], main={"i01": {"said": {"n": 1}}, "i02": {"said": {"n": 2}}}),
        items=numbered(4),
        validator=does("1 / (2 - batch.batch)"),
    ),
    Case(
        "a validator that needs more memory than there may be",
        Told(1, [NO_REPORT]),
        WRONG,
        validator=does(
            "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28)); bytearray(1 << 32)"
        ),
    ),
]
HARMLESS = [
    Case(f"a validator that {what}", Exactly(), validator=does(body))
    for what, body in (
        ("prints junk", "print('{\"errors\": [1]}\\n' * 1000)"),
        ("empties the output that it was given", "output.clear()"),
        ("writes into the output that it was given", "[output.update({i: None}) for i in list(output)]"),
        ("writes into an answer that it was given", "output['i01']['said'] = 'another'"),
        ("removes the items that it was given", "batch.items.clear() if hasattr(batch.items, 'clear') else None"),
        ("closes its standard files", "import os; [os.close(each) for each in (1, 2)]"),
        ("changes the folder it works in", "import os; os.chdir('/')"),
    )
]
SET_UP = [
    Case(
        "a validator that takes two",
        Told(2, ["validate(batch, output, merged)"]),
        validator="def validate(batch, output):\n    return ValidationReport()\n",
    ),
    Case(
        "a validator that takes four",
        Told(2, ["validate(batch, output, merged)"]),
        validator="def validate(batch, output, merged, more):\n    return ValidationReport()\n",
    ),
    Case(
        "a validator under another name",
        Told(2, ["no function validate()"]),
        validator="def check(batch, output, merged):\n    return ValidationReport()\n",
    ),
    Case("a validator that is no function", Told(2, ["validate"]), validator="validate = True\n"),
    Case(
        "a validator that cannot be imported", Told(2, ["no_such_module"]), validator=f"import no_such_module\n{RIGHT}"
    ),
    Case(
        "a validator that is not Python",
        Told(2, ["not Python", "check.py, line "]),
        validator="def validate(batch, output, merged)\n    pass\n",
    ),
    Case(
        "a validator that is empty",
        Told(2, ["no function validate()"]),
        validator=RIGHT,
        files={"validators/small/check.py": ""},
    ),
    Case("a validator that is not there", Told(2, ["check.py"]), phase={"validator": "check.py"}),
]
CASES = [*STRANGE_NAMES, *NO_REPORTS, *FAILING, *HARMLESS, *SET_UP]
