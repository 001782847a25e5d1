"""Whatever is overwritten in a store: what is read of it was there, and what comes of it is sound."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from supervisor.store.database import open_store
from supervisor.store.integrity import integrity_check
from supervisor.store.integrity.salvage import salvage
from supervisor.store.integrity.sqlite_wal import checkpoint_wal
from tests.support.killed_store import PAGE, killed_while_open, rows, scratch
from tests.support.property_examples import examples


@examples(80)
@given(
    st.lists(st.tuples(st.floats(0, 0.9999), st.integers(1, 3 * PAGE), st.randoms(use_true_random=False)), max_size=4),
    st.floats(min_value=0.02, max_value=1),
)
def test_whatever_was_overwritten_what_is_read_was_there_and_makes_a_sound_store(
    places: list[tuple[float, int, Any]], kept: float
) -> None:
    with scratch() as folder, killed_while_open(folder, 3) as path:
        checkpoint_wal(path, Path(f"{path}-wal"))
        original = rows(path)
        data = bytearray(path.read_bytes())
        for where, length, chance in places:
            start = int(where * len(data))
            data[start : start + length] = chance.randbytes(min(length, len(data) - start))
        path.write_bytes(data[: int(kept * len(data))])
        new = open_store(folder / "new.sqlite", create=True)
        with new.transaction() as transaction:
            told = salvage(path, transaction)
        assert integrity_check.integrity_errors(new, thorough=True) == []
        assert integrity_check.wrong_counters(new) == []
        read = rows(new.path)
        new.close()
        for row in read.values():
            if row[1] == "merged":
                assert json.loads(row[3]) is not None
        if not places and kept == 1:
            assert read == original
            assert all(each.whole and not each.bad and not each.missing for each in told)
        strangers = set(read) - set(original)
        assert len(strangers) <= sum(length for _, length, _ in places) // 16
