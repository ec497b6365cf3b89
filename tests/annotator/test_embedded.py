"""Which network ships with the program for a scheme."""

from __future__ import annotations

from pathlib import Path

from annotator.commands import repository
from annotator.embedded import EMBEDDED, weights_in


def test_every_scheme_has_its_own_and_strangers_have_none() -> None:
    found = weights_in(repository() / "resources")
    assert found is not None
    assert found.stem == EMBEDDED["pitch-57"]
    assert weights_in(repository() / "resources", "a-scheme-of-mine") is None


def test_a_copy_may_bring_its_own_network_of_the_pitch(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    assert weights_in(tmp_path) is None
    (folder / "card-packet.safetensors").touch()
    assert weights_in(tmp_path) is None
    (folder / "net.safetensors").touch()
    assert weights_in(tmp_path) == folder / "net.safetensors"
    assert weights_in(tmp_path, "card-packet-8") == folder / "card-packet.safetensors"
    (folder / "touchline-small.safetensors").touch()
    assert weights_in(tmp_path) == folder / "touchline-small.safetensors"
