"""Prompts for traces: the generator's wording, and nothing that is held out."""

from lathe_interop.reasoner.prompts import draw
from lathe_interop.reasoner.temporal import HeldOut


def test_prompts_are_messages_and_leave_out_what_is_held_out():
    first = draw(12, HeldOut([]))
    assert len(set(first)) == 12
    for message in first:
        assert message.startswith("Use the timeline provided")
        assert message.splitlines()[-1].startswith("(")
    held_out = HeldOut([first[3].split("\n", 1)[1]])
    second = draw(12, held_out)
    assert [i for i in range(12) if second[i] != first[i]] == [3]
