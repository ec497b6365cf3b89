"""Whether this machine has the system libraries that Qt needs, and the line that installs the missing ones.

Run as ``python -m annotator.system``: exit code 0 when all is there. ``--display`` checks also what a window needs,
``--install`` installs what is missing where that can be done without asking (Debian and Ubuntu, as root). Needs nothing
but the standard library, so that it can speak before anything is installed.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_BASE: Mapping[str, tuple[str, str]] = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
}
_WINDOW: Mapping[str, tuple[str, str]] = {
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
}


@dataclass(frozen=True)
class Missing:
    """System libraries that are not there, with the package that has each on Debian and on Fedora."""

    libraries: tuple[str, ...]
    debian: tuple[str, ...]
    fedora: tuple[str, ...]

    def line(self) -> str:
        """The command that installs them here, or both where the system is neither."""
        apt = "sudo apt-get install -y " + " ".join(self.debian)
        dnf = "sudo dnf install -y " + " ".join(self.fedora)
        if shutil.which("apt-get"):
            return apt
        if shutil.which("dnf"):
            return dnf
        return f"{apt}   (Debian, Ubuntu)\n{dnf}   (Fedora)"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries(*, window: bool) -> Missing | None:
    """What Qt misses on this machine, or None; ``window`` asks also for what an X11 window needs.

    Only Linux keeps Qt's needs outside Qt's own package, so other systems always answer None.
    """
    if not sys.platform.startswith("linux"):
        return None
    wanted = {**_BASE, **_WINDOW} if window else dict(_BASE)
    names = tuple(library for library in wanted if not _loads(library))
    if not names:
        return None
    debian, fedora = zip(*(wanted[name] for name in names), strict=True)
    return Missing(names, tuple(dict.fromkeys(debian)), tuple(dict.fromkeys(fedora)))


def has_display() -> bool:
    """Whether a window can be shown: always outside Linux, there when a display or a Qt platform is named."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


NO_DISPLAY = (
    "There is no display, so no window can open. Start Touchline in a desktop session, or over ssh with "
    "'ssh -X', or under 'xvfb-run'; the commands (python main.py --help) work without one."
)


def _install(missing: Missing) -> bool:
    """True when the missing packages were installed; only Debian's manager, only as root."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *missing.debian]):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of ``python -m annotator.system``."""
    parser = argparse.ArgumentParser(prog="python -m annotator.system", description=__doc__.splitlines()[0])
    parser.add_argument("--display", action="store_true", help="check also what a window needs")
    parser.add_argument("--install", action="store_true", help="install what is missing (Debian or Ubuntu, as root)")
    options = parser.parse_args(arguments)
    if options.display and not has_display():
        sys.stderr.write(NO_DISPLAY + "\n")
        return 3
    missing = missing_libraries(window=options.display)
    if missing is not None and options.install and _install(missing):
        missing = missing_libraries(window=options.display)
    if missing is None:
        return 0
    sys.stderr.write(f"Qt needs system libraries that are not installed: {', '.join(missing.libraries)}\n")
    sys.stderr.write(f"Install them with:\n  {missing.line()}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
