"""What a network brings with it is kept at once."""

from __future__ import annotations

import pytest

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_the_threshold_of_a_network_outlives_a_kill(window, monkeypatch) -> None:
    kind = type(window.session.forecaster)
    monkeypatch.setattr(kind, "network_id", "another", raising=False)
    monkeypatch.setattr(kind, "threshold", 0.42, raising=False)
    window._take_threshold()
    assert window.session.settings.threshold == 0.42
    stored = (window.settings.value("view/threshold_of"), float(window.settings.value("view/threshold")))
    assert stored == ("another", 0.42)
