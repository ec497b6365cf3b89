"""A window whose panels were left on a large screen, opened maximized on a smaller one."""

from __future__ import annotations

import base64
import zlib

import pytest
from PySide6.QtCore import QByteArray
from windows import make_frames

from annotator.gui.main_window import MainWindow
from annotator.project import Project
from annotator.schemes import COCO_17

pytest_plugins = ("window_fixtures",)
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


# Where the panels of the pitch were left in a window of 1920 x 1061, as `QMainWindow.saveState` says it.
LEFT_SO = (
    "c-n=MJ#NB45QX1hic}ONipXgwXi|WLPzsceA1hc8EMY5%t8f5BnKMwN;3U+P;K;mLFV?O?#7es}UcQ<41{**QAo$e-"
    "W=W0dE~{vo@o4EI<6eN5lM?z<<;<gwF=C7`MF%1C2m?_d=VJKQM7gJu>yi5+7h>s>TNIIZvMc2SU!%*ql-"
    "WcISJGoVXeDjRnmgr1>e&o@`7UFGIol+z{QF;{Elg-qGmq@wA_w>+yYPqaTVuf^ACA|H|BSWSWM!J%lY65v9pM8B9I|;OpG)$UT*"
    "6Ufc3rvb*#6u0g#(#tidHuqoyd$eGisqzFF!?nbz{Gbs@)H|v*I<HAvM;FgP47WoN?h!XVwKtE}3l"
)


def test_panels_of_a_larger_screen_change_their_scheme_on_a_smaller_one(
    settings, network, resources, tmp_path, qtbot
):
    # Without a geometry the window opens maximized, here on a screen of 800 x 800.
    settings.setValue("layout/label", QByteArray(zlib.decompress(base64.b85decode(LEFT_SO))))
    folder = make_frames(tmp_path / "people", 2)
    with Project.for_media([folder], scheme=COCO_17):
        pass
    window = MainWindow(settings, network_factory=lambda path: network, resources=resources, data=tmp_path / "data")
    try:
        assert window.isMaximized()
        window.show()
        qtbot.waitExposed(window)
        # At once, while the window may still be on its way to its size.
        window.session.adopt(Project.for_media([folder]))
        qtbot.waitUntil(lambda: window.session.people.is_on and window.session.can_decide)
        docks = window.docks.by_name
        qtbot.waitUntil(docks["dockThings"].isVisible)
        assert not docks["dockPitch"].isVisible()
        assert window.isMaximized()
    finally:
        window.close()
        window.deleteLater()
