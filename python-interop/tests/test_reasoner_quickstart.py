"""The files of `lathe quickstart` are what the generator writes, and no question repeats."""

from pathlib import Path

import pytest

from lathe_interop.reasoner.quickstart import QUESTIONS, SOLVED, draw, files

FOLDER = Path(__file__).parents[2] / "examples/tiny-reasoner"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the model is part of the Lathe source tree only")
def test_files_are_those_of_the_generator():
    for name, content in files().items():
        assert FOLDER.joinpath(name).read_text(encoding="utf-8") == content, name


def test_no_question_repeats():
    drawn = [*draw("question", QUESTIONS)]
    drawn += draw("calibration", SOLVED) + draw("held-out", SOLVED)
    assert len({question.input() for question in drawn}) == QUESTIONS + 2 * SOLVED
