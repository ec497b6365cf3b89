"""A detector in a process of its own: a file from anywhere may end or stall what runs it, but not the program.

The process answers requests on its standard input: height, width, the least score and the class, then the pixels of a
frame; the answer is a length and a JSON document. It ends when its input does. Run as
``python -m model.detector_process FILE``.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from model import children
from model.detector import Detector, DetectorError
from model.people import Candidate

_REQUEST = struct.Struct("<IIdi")
_LENGTH = struct.Struct("<I")
_ANY = -1
_LONGEST = 16 << 20


class RemoteDetector:
    """As `model.detector.Detector`, in a process of its own; `close` ends it. One thread at a time may ask.

    A file that cannot be used is a DetectorError, as is a process that ended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process = children.start("model.detector_process", path)
        self._end = weakref.finalize(self, children.end, self._process)
        self._loaded = False

    def detect(
        self, rgb: NDArray[np.uint8], *, least: float = 0.3, kind: int | None = None
    ) -> tuple[Candidate, ...]:
        """See `model.detector.Detector.detect`; the first time, the file is loaded before."""
        if not self._loaded:
            self._answer()
            self._loaded = True
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(_REQUEST.pack(*rgb.shape[:2], least, _ANY if kind is None else kind))
            self._process.stdin.write(np.ascontiguousarray(rgb).data)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise self._ended() from error
        return tuple(Candidate((x0, y0, x1, y1), score) for x0, y0, x1, y1, score in self._answer()["boxes"])

    def close(self) -> None:
        """End the process, whatever it is doing; closing twice does nothing."""
        self._end()

    def _answer(self) -> dict[str, Any]:
        try:
            assert self._process.stdout is not None
            (length,) = _LENGTH.unpack(children.read(self._process.stdout, _LENGTH.size))
            if length > _LONGEST:
                raise EOFError
            answer = json.loads(children.read(self._process.stdout, length))
        except (OSError, ValueError, EOFError) as error:
            raise self._ended() from error
        if not isinstance(answer, dict):
            raise self._ended()
        if "reason" in answer:
            self.close()
            raise DetectorError(self.path, str(answer["reason"]), str(answer["advice"]))
        return answer

    def _ended(self) -> DetectorError:
        self.close()
        return DetectorError(self.path, "it ended the process that ran it", "Try again, or choose another detector.")


def _tell(target: IO[bytes], answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode()
    target.write(_LENGTH.pack(len(data)) + data)
    target.flush()


def serve(path: Path, source: IO[bytes], target: IO[bytes]) -> None:
    """Load the detector in a file and answer requests until there are none, or one cannot be answered."""
    try:
        detector = Detector.load(path)
        _tell(target, {})
        while len(head := source.read(_REQUEST.size)) == _REQUEST.size:
            height, width, least, kind = _REQUEST.unpack(head)
            rgb = np.frombuffer(children.read(source, height * width * 3), np.uint8).reshape(height, width, 3)
            found = detector.detect(rgb, least=least, kind=None if kind == _ANY else kind)
            _tell(target, {"boxes": [(*one.box, one.score) for one in found]})
    except DetectorError as error:
        _tell(target, {"reason": error.reason, "advice": error.advice})
    except EOFError:
        return
    except Exception as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        _tell(target, {"reason": f"it does not run ({why})", "advice": "Choose another detector."})


def main() -> None:
    """Serve the detector named on the command line; what libraries print goes to the standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    # A program without a console has no standard error.
    with suppress(OSError):
        os.dup2(2, 1)
    try:
        serve(Path(sys.argv[1]), sys.stdin.buffer, answers)
    except (OSError, KeyboardInterrupt):
        # Who asked is gone.
        sys.exit(1)


if __name__ == "__main__":
    main()
