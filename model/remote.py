"""A network in a process of its own, for a program that must not be held up: importing torch stops every thread.

The process answers requests on its standard input: a head of three numbers, a question in JSON and the pixels of a
frame; the answer is a head of two lengths, a JSON document and a stored prediction. An empty question is for what the
frame shows as a whole, one with boxes for the people in them. It ends when its input does, so it does not outlive who
asked. Run as ``python -m model.remote FILE``.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from model import children
from model.audition import remembered
from model.card import identity, read_bytes
from model.heatmaps import Prediction
from model.people import Candidate, PeoplePrediction
from model.published import is_foreign

if TYPE_CHECKING:
    from model.predictor import Predictor

_REQUEST = struct.Struct("<III")
_ANSWER = struct.Struct("<II")
IDLE, MANY = 1.5, 16
Request = tuple[Mapping[str, Any], NDArray[np.uint8]]
Inbox = queue.SimpleQueue["Request | None"]


class RemoteError(Exception):
    """The network could not be loaded, could not predict, or its process ended."""


class RemotePredictor:
    """The network in a file, loaded in a process of its own; `close` ends it. One thread at a time may predict.

    A file that cannot be used is a RemoteError, as is anything that goes wrong over there later on.
    """

    def __init__(self, path: Path) -> None:
        self._process = children.start("model.remote", path)
        # A network that nobody came to fetch, because the window closed meanwhile, ends as well.
        self._end = weakref.finalize(self, children.end, self._process)
        self._lock = threading.Lock()
        try:
            about, _ = self._answer()
        except RemoteError:
            self.close()
            raise
        self.id: str = about["id"]
        self.threshold: float = about["threshold"]
        self.device_text: str = about["device_text"]
        self.scheme: str = about["scheme"]
        self.names: tuple[str, ...] = tuple(about["names"])
        self.takes_boxes: bool = about["takes_boxes"]

    def predict(self, rgb: NDArray[np.uint8], /) -> Prediction:
        """What the network sees in one RGB uint8 image ``(H, W, 3)``."""
        return Prediction.from_bytes(self._asked({}, rgb))

    def predict_people(
        self, rgb: NDArray[np.uint8], candidates: Sequence[Candidate] = (), *, same: float | None = None
    ) -> PeoplePrediction:
        """Everybody that it sees, see `model.predictor.Predictor.predict_people`."""
        boxes = [(*map(float, one.box), float(one.score)) for one in candidates]
        return PeoplePrediction.from_bytes(self._asked({"boxes": boxes, "same": same}, rgb))

    def _asked(self, question: Mapping[str, Any], rgb: NDArray[np.uint8]) -> bytes:
        text = json.dumps(question).encode()
        with self._lock:
            try:
                assert self._process.stdin is not None
                self._process.stdin.write(_REQUEST.pack(*rgb.shape[:2], len(text)) + text)
                self._process.stdin.write(np.ascontiguousarray(rgb).data)
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                raise _ended() from error
            about, data = self._answer()
        self.device_text = about["device_text"]
        return data

    def close(self) -> None:
        """End the process, whatever it is doing; closing twice does nothing."""
        self._end()

    def _answer(self) -> tuple[dict[str, Any], bytes]:
        about, data = _read_answer(self._process.stdout)
        if "error" in about:
            raise RemoteError(about["error"])
        return about, data


def load(path: Path) -> Predictor | RemotePredictor:
    """The network in a file: here where it is known to need no torch on this machine, else in a process of its own."""
    data = read_bytes(path)
    chosen = remembered(identity(data))
    if chosen is None or chosen.startswith("torch") or is_foreign(data):
        return RemotePredictor(path)
    from model.predictor import Predictor

    return Predictor.load(path)


def _ended() -> RemoteError:
    return RemoteError("the process of the network ended; load the network again")


def _read_answer(source: IO[bytes] | None) -> tuple[dict[str, Any], bytes]:
    try:
        assert source is not None
        about, data = _ANSWER.unpack(children.read(source, _ANSWER.size))
        return json.loads(children.read(source, about)), children.read(source, data)
    except (OSError, ValueError, EOFError) as error:
        raise _ended() from error


def _tell(target: IO[bytes], about: dict[str, Any], data: bytes = b"") -> None:
    head = json.dumps(about).encode()
    target.write(_ANSWER.pack(len(head), len(data)) + head + data)
    target.flush()


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def serve(path: Path, source: IO[bytes], target: IO[bytes]) -> None:
    """Load the network in a file and answer requests until there are none.

    Which way of computing is the fastest is found out while nobody waits: after `IDLE` seconds without a request, or,
    where requests never pause, one step after each answer once there were `MANY`.
    """
    from model.predictor import Predictor

    try:
        network = Predictor.load(path, way="asked")
    except Exception as error:
        _tell(target, {"error": _why(error)})
        return
    about = {"id": network.id, "threshold": network.threshold, "scheme": network.card.scheme, "names": network.names}
    _tell(target, {**about, "takes_boxes": network.takes_boxes, "device_text": network.device_text})
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_take_in, args=(source, inbox), daemon=True).start()
    answered = 0
    while (request := _next(inbox, network)) is not None:
        try:
            data = _answered(network, *request)
        except Exception as error:
            _tell(target, {"error": _why(error)})
        else:
            _tell(target, {"device_text": network.device_text}, data)
        answered += 1
        if answered >= MANY:
            network.rehearse()


def _answered(network: Predictor, question: Mapping[str, Any], pixels: NDArray[np.uint8]) -> bytes:
    if "boxes" not in question:
        return network.predict(pixels).to_bytes()
    candidates = [Candidate((x0, y0, x1, y1), score) for x0, y0, x1, y1, score in question["boxes"]]
    return network.predict_people(pixels, candidates, same=question["same"]).to_bytes()


def _take_in(source: IO[bytes], inbox: Inbox) -> None:
    """Requests from the input to the inbox, then a None."""
    with suppress(OSError, EOFError, ValueError):
        while len(head := source.read(_REQUEST.size)) == _REQUEST.size:
            height, width, length = _REQUEST.unpack(head)
            question = json.loads(children.read(source, length))
            pixels = np.frombuffer(children.read(source, height * width * 3), np.uint8).reshape(height, width, 3)
            inbox.put((question, pixels))
    inbox.put(None)


def _next(inbox: Inbox, network: Predictor) -> Request | None:
    """The next request; while there is none, faster ways are tried a step at a time."""
    with suppress(queue.Empty):
        return inbox.get(timeout=IDLE)
    while inbox.empty() and network.rehearse():
        pass
    return inbox.get()


def main() -> None:
    """Serve on the standard streams; what libraries print goes to the errors instead of between the answers."""
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        serve(Path(sys.argv[1]), sys.stdin.buffer, target)
    except (BrokenPipeError, EOFError, KeyboardInterrupt):
        # Who asked is gone.
        sys.exit(1)


if __name__ == "__main__":
    main()
