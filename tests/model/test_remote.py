"""A network in a process of its own says what the same network says here, and ends when it should."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import audition, remote
from model.predictor import Predictor
from model.remote import RemoteError, RemotePredictor

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "weights" / "touchline-small.safetensors"
FRAME = np.random.default_rng(3).integers(0, 256, (90, 160, 3), dtype=np.uint8)


@pytest.fixture
def network():
    network = RemotePredictor(WEIGHTS)
    yield network
    network.close()


def test_the_answer_is_the_same_as_here(network):
    here = Predictor.load(WEIGHTS, way="plain")
    far, near = network.predict(FRAME), here.predict(FRAME)
    assert (network.id, network.threshold) == (here.id, here.threshold)
    assert far.names == near.names
    assert far.image_size == (160, 90)
    np.testing.assert_allclose(far.confidence, near.confidence, atol=1e-3)
    sure = near.confidence > 0.1
    np.testing.assert_allclose(far.xy[sure], near.xy[sure], atol=0.1)


def test_frames_of_any_size_and_layout_come_one_after_the_other(network):
    assert network.predict(FRAME[::2, ::-1]).image_size == (160, 45)
    assert network.predict(FRAME[:, :80]).image_size == (80, 90)


def test_a_file_that_is_no_network_is_refused_with_its_name(tmp_path):
    path = tmp_path / "wrong.safetensors"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(RemoteError, match="wrong"):
        RemotePredictor(path)


def test_a_process_that_ended_is_an_error_and_no_wait(network):
    network._process.kill()
    network._process.wait()
    with pytest.raises(RemoteError, match="load the network again"):
        network.predict(FRAME)


def test_closing_ends_the_process_and_twice_is_fine(network):
    network.close()
    network.close()
    assert network._process.returncode is not None
    with pytest.raises(RemoteError):
        network.predict(FRAME)


def test_the_process_ends_with_its_input():
    child = subprocess.Popen(
        [sys.executable, "-m", "model.remote", str(WEIGHTS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    out, _ = child.communicate(b"", timeout=60)
    assert child.returncode == 0
    assert b"threshold" in out


def test_a_network_known_to_need_no_torch_is_loaded_here(tmp_path, monkeypatch):
    """In a fresh process, whose list of modules says what was imported for a network that still needs torch."""
    asked = []
    monkeypatch.setattr(remote, "RemotePredictor", lambda path: asked.append(path))
    monkeypatch.setattr(remote, "remembered", lambda network: None)
    remote.load(WEIGHTS)
    assert asked == [WEIGHTS]
    monkeypatch.setattr(remote, "remembered", lambda network: "torch")
    remote.load(WEIGHTS)
    assert asked == [WEIGHTS, WEIGHTS]
    monkeypatch.setattr(remote, "remembered", lambda network: "openvino")
    monkeypatch.setattr(Predictor, "load", classmethod(lambda cls, path: "here"))
    assert remote.load(WEIGHTS) == "here"


def test_asking_from_afar_imports_no_torch():
    code = (
        "import json, sys; from pathlib import Path; from model.remote import RemotePredictor\n"
        f"network = RemotePredictor(Path({str(WEIGHTS)!r})); network.close()\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules} & {'torch', 'openvino'})))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert json.loads(done.stdout) == []
    assert audition.remembered("no such network") is None
