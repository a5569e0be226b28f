"""The side-by-side table: what is read out of the judge's report, and which rows are compared."""

import json

import pytest

from lathe_interop.side_by_side.runs import SENSITIVITY, parse_judgement
from lathe_interop.side_by_side.table import bytes_of, markdown

REPORT = """
====== Perplexity statistics ======
Mean PPL(Q)                   :  15.481297 ±   0.512345
Mean PPL(base)                :  12.087012 ±   0.400217
Cor(ln(PPL(Q)), ln(PPL(base))):  97.12%
====== KL divergence statistics ======
Mean    KLD:   0.244137 ±   0.003210
Maximum KLD:   8.100000
Median  KLD:   0.120000
====== Token probability statistics ======
Same top p: 78.431 ± 0.577 %
"""


def test_judgement_is_read_from_the_report():
    found = parse_judgement(REPORT)
    assert found["kl"] == {"mean": 0.244137, "standard_error": 0.00321}
    assert found["perplexity"]["mean"] == 15.481297
    assert found["base_perplexity"]["standard_error"] == 0.400217
    assert found["same_top_percent"] == {"mean": 78.431, "standard_error": 0.577}


def test_a_report_without_a_figure_is_refused():
    with pytest.raises(SystemExit, match="kl"):
        parse_judgement(REPORT.replace("Mean    KLD", "nothing"))


def write_row(folder, tool, target, size, kl):
    row = {
        "tool": tool,
        "target": target,
        "bytes": size,
        "kl": {"mean": kl, "standard_error": 0.01},
    }
    (folder / f"{tool}-{target}.json").write_text(json.dumps(row))


def test_types_are_held_to_the_same_type_and_sizes_to_the_best_file_that_fits(tmp_path):
    write_row(tmp_path, "llama", "IQ2_XXS", 588_000_000, 1.0)
    write_row(tmp_path, "llama", "IQ2_S", 645_000_000, 1.2)  # larger and worse
    write_row(tmp_path, "llama", "Q2_K", 753_000_000, 0.25)
    write_row(tmp_path, "lathe", "IQ2_XXS", 587_000_000, 0.5)
    write_row(tmp_path, "lathe", "650m", 649_000_000, 0.4)
    write_row(tmp_path, "lathe", "500m", 499_000_000, 2.0)
    (tmp_path / SENSITIVITY).write_text("{}")  # no row
    lines = markdown(tmp_path).splitlines()[2:]
    assert lines[0] == "| 500 MB | 499 MB, 2.000 ± 0.010 | not run |  | 0.5 |"
    assert lines[1].endswith("| IQ2_XXS, 588 MB, 1.000 ± 0.010 | 0.50 | 0.6 |")
    assert lines[2].endswith("| IQ2_XXS, 588 MB, 1.000 ± 0.010 | 0.40 | 0.5 |")


def test_sizes_are_decimal():
    assert bytes_of("650m") == 650_000_000
    assert bytes_of("3.2g") == 3_200_000_000
    assert bytes_of("513186816") == 513_186_816
