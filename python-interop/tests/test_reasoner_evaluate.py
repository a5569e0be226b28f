"""The evaluation of the tiny reasoner: letters stand after the thoughts, intervals are right."""

import stat

import pytest

from lathe_interop.reasoner.evaluate import Answer, server, wilson


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("From 7am free until 9am\n(A) 7am free\n</think>\n\nThe answer is (A).", "(A)"),
        ("(A) 7am busy\n(B) 9am free\n</think>\n\nNot (A): the answer is (B).", "(B)"),
        ("(A) 7am busy\n(B) 9am free", None),  # cut off while it thought
        ("</think>\n\nThe answer is unknown.", None),
        ("</think>\n\nThe answer is (E).", None),
    ],
)
def test_letter_stands_after_the_thoughts(text, letter):
    assert Answer(text, tokens=1).letter == letter


@pytest.mark.parametrize(
    ("right", "asked", "low", "high"),
    [
        # R: prop.test(right, asked, correct = FALSE)
        (50, 100, 0.4038315, 0.5961685),
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
    ],
)
def test_wilson_interval(right, asked, low, high):
    assert wilson(right, asked) == pytest.approx((low, high), abs=1e-6)


def test_a_server_that_ends_is_reported(tmp_path):
    tool = tmp_path / "llama-server"
    tool.write_text("#!/bin/sh\nexit 3\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    with (
        pytest.raises(RuntimeError, match=r"did not start \(status 3\)"),
        server(tmp_path, tmp_path / "model.gguf", threads=1),
    ):
        pass
