"""The reader: round trips, the record's checks, and the command line."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader
from golden_files import GOLDEN
from written_models import PRUNED, values, write_folder, write_gguf, write_record

from lathe_interop import reader
from lathe_interop.__main__ import main
from lathe_interop.gguf_file import open_gguf
from lathe_interop.safetensors_file import open_safetensors
from lathe_interop.stored_tensor import ReadError

SOURCE = Path(__file__).parents[1]
HUGGING_FACE_NAME = "model.layers.0.self_attn.q_proj.weight"


@pytest.fixture
def gguf(tmp_path):
    path = tmp_path / "model.gguf"
    write_gguf(path)
    return path


def record_beside(path, zeros: int = 32, name: str = PRUNED):
    tensors = [{"name": name, "type": "Q8_0", "shape": [8, 64], "zeros": zeros}]
    write_record(path.parent / f"{path.stem}.lathe.json", [path], tensors)


def test_gguf_round_trip(tmp_path):
    path = tmp_path / "model.gguf"
    expected = write_gguf(path)
    read = dict(reader.tensors(path))
    assert list(read) == list(expected)
    tolerances = {PRUNED: 1 / 127, "blk.0.attn_k.weight": 1 / 7, "blk.0.ffn_up.weight": 2.0**-8}
    for name, w in expected.items():
        assert read[name].dtype == np.float32 and read[name].shape == w.shape
        assert np.abs(read[name] - w).max() <= tolerances.get(name, 0) * np.abs(w).max()
    assert not read[PRUNED].flat[:32].any()


def test_gguf_agrees_with_the_gguf_package(gguf):
    ours, theirs = open_gguf(gguf), GGUFReader(gguf)
    assert [t.name for t in theirs.tensors] == list(ours.tensors)
    for tensor in theirs.tensors:
        mine = ours.tensors[tensor.name]
        assert mine.type == tensor.tensor_type.name
        assert mine.shape == tuple(tensor.shape.tolist()[::-1])
        assert mine.data.tobytes() == tensor.data.tobytes()
    for key, field in theirs.fields.items():
        if not key.startswith("GGUF."):
            assert ours.metadata[key] == field.contents(), key
    assert ours.metadata["test.strings"] == ["a", "", "größer"]
    assert ours.metadata["test.i64"] == -(2**40)


@pytest.mark.parametrize("shards", [1, 2])
def test_folder_round_trip(tmp_path, shards):
    expected = write_folder(tmp_path / "out", shards)
    read = dict(reader.tensors(tmp_path / "out"))
    assert read.keys() == expected.keys()
    for name, w in expected.items():
        assert np.array_equal(read[name], w.astype(np.float32))
    assert reader.open_run(tmp_path / "out").metadata == {"model_type": "llama"}


def test_bfloat16_of_safetensors(tmp_path):
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    data = (np.array([1.5, -2.0], dtype="<f4").view("<u4") >> 16).astype("<u2").tobytes()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)
    assert open_safetensors(path)["a"].array().tolist() == [1.5, -2.0]


def test_large_tensors_are_read_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("lathe_interop.stored_tensor.CHUNK_WEIGHTS", 64)
    path = tmp_path / "model.gguf"
    write_gguf(path)
    tensor = open_gguf(path).tensors[PRUNED]
    chunks = list(tensor.chunks())
    assert len(chunks) == 8
    assert np.array_equal(np.concatenate(chunks).reshape(8, 64), tensor.array())
    assert tensor.counts()[0] == np.sum(tensor.array() == 0)


@pytest.mark.parametrize("name", ["model.lathe.json", "model.gguf.lathe.json"])
def test_a_sound_gguf_with_record(gguf, name):
    record_beside(gguf)
    (gguf.parent / "model.lathe.json").rename(gguf.parent / name)
    report = reader.verify(gguf)
    assert report.sound, report.problems
    assert (report.files, report.tensors, report.zero_counts) == (1, 5, 1)


@pytest.mark.parametrize("shards", [1, 2])
def test_a_sound_folder_with_record(tmp_path, shards):
    folder = tmp_path / "out"
    write_folder(folder, shards)
    files = sorted(folder.glob("*.safetensors"))
    write_record(folder / "lathe.json", files, [{"name": HUGGING_FACE_NAME, "zeros": 32}])
    report = reader.verify(folder)
    assert report.sound, report.problems
    assert (report.files, report.tensors, report.zero_counts) == (shards, 3, 1)


def test_a_moved_output_is_still_found(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    write_gguf(tmp_path / "old" / "m.gguf")
    record_beside(tmp_path / "old" / "m.gguf")
    for name in ("m.gguf", "m.lathe.json"):
        (tmp_path / "old" / name).rename(tmp_path / "new" / name)
    assert reader.verify(tmp_path / "new" / "m.gguf").sound


def test_without_a_record_only_the_file_is_checked(gguf):
    report = reader.verify(gguf)
    assert report.sound and report.files == 0 and "no record" in report.notes[0]


def test_a_changed_byte_is_found(gguf):
    record_beside(gguf)
    content = bytearray(gguf.read_bytes())
    content[-1] ^= 1
    gguf.write_bytes(content)
    assert any("sha256" in problem for problem in reader.verify(gguf).problems)


@pytest.mark.parametrize("key,value", [("type", "Q4_0"), ("shape", [64, 8]), ("sha256", "0" * 64)])
def test_a_tensor_unlike_its_record_is_a_problem(gguf, key, value):
    write_record(gguf.parent / "model.lathe.json", [gguf], [{"name": PRUNED, key: value}])
    problems = reader.verify(gguf).problems
    assert len(problems) == 1 and f"expected {key} {value}, found" in problems[0]


def test_checksums_of_tensors_are_compared(gguf):
    tensors = [
        {"name": name, "sha256": hashlib.sha256(tensor.data.tobytes()).hexdigest()}
        for name, tensor in open_gguf(gguf).tensors.items()
    ]
    write_record(gguf.parent / "model.lathe.json", [gguf], tensors)
    assert reader.verify(gguf).problems == []


def test_missing_zeros_are_a_problem_and_more_are_a_note(gguf):
    record_beside(gguf, zeros=40)
    assert "expected 40 zeros, found 3" in reader.verify(gguf).problems[0]
    record_beside(gguf, zeros=20)
    report = reader.verify(gguf)
    assert report.sound and "expected 20 zeros, found 3" in report.notes[0]


def test_a_recorded_tensor_or_file_that_is_absent_is_a_problem(gguf):
    record_beside(gguf, name="blk.7.attn_q.weight")
    assert any("found none" in problem for problem in reader.verify(gguf).problems)
    record_beside(gguf)
    record = gguf.parent / "model.lathe.json"
    record.write_text(record.read_text().replace("model.gguf", "other.gguf"))
    assert any("found nowhere" in problem for problem in reader.verify(gguf).problems)


@pytest.mark.parametrize("content", ["[]", "{", '{"outputs": 3}', '{"outputs": [{}]}'])
def test_a_malformed_record_is_a_problem(gguf, content):
    (gguf.parent / "model.lathe.json").write_text(content)
    report = reader.verify(gguf)
    assert len(report.problems) == 1 and "model.lathe.json" in report.problems[0]


def test_values_that_are_not_finite_are_found(tmp_path):
    folder = tmp_path / "out"
    write_folder(folder)
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-4:] = np.array([np.nan], dtype="<f4").tobytes()
    path.write_bytes(content)
    assert any("not finite" in problem for problem in reader.verify(folder).problems)


def test_command_line(gguf, capsys):
    record_beside(gguf)
    assert main(["verify", str(gguf)]) == 0
    assert "sound (5 tensors read, 1 files compared" in capsys.readouterr().out
    gguf.write_bytes(gguf.read_bytes()[:-40])
    command = [sys.executable, "-m", "lathe_interop", "verify", str(gguf)]
    result = subprocess.run(command, capture_output=True, text=True, cwd=SOURCE)
    assert result.returncode == 3 and "problem: " in result.stdout and not result.stderr


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="the golden models are in the source tree only")
def test_load_model():
    pytest.importorskip("torch", reason="needs torch: install the extra [transformers]")
    pytest.importorskip("transformers", reason="needs the extra [transformers]")
    folder = GOLDEN / "logits" / "llama-rope" / "model"
    model = reader.load_model(folder)
    weight = dict(reader.tensors(folder))["model.layers.1.mlp.up_proj.weight"]
    loaded = model.model.layers[1].mlp.up_proj.weight.detach().float().numpy()
    assert np.array_equal(loaded, weight)


def test_load_model_wants_a_folder(gguf):
    with pytest.raises(ReadError, match="expected a Hugging Face folder"):
        reader.load_model(gguf)


def test_values_helper_has_zeros_only_where_asked():
    assert np.count_nonzero(values(8, 64, 1, zeros=5) == 0) == 5
