"""A main file is whole whenever it is looked at."""

from __future__ import annotations

from tests.support.scripted_project import Small, numbered, said


def test_the_main_file_parses_at_every_look(small: Small) -> None:
    small.lay_out(numbered(60), settings={"concurrency": 8}, phases=[{"batch_size": 1}])
    running = small.begin_run()
    looks = 0
    while running.read_lines(1):
        if small.path().exists():
            found = small.main()
            assert found == {i: a for i, a in said(numbered(60)).items() if i in found}
            assert list(found) == sorted(found)
            looks += 1
    assert running.end() == 0
    assert looks >= 10
