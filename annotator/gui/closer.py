"""Looking closer: the network sees every predicted frame mirrored too, where a person asks for it.

It costs one more inference a frame, or a thing where it looks into boxes, which would keep a laptop's fan running for
something that other signs mostly say better, so the window does not do it by itself. It goes on behind the shown frame,
can be stopped, and begins again where it ended.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from annotator.gui.forecasting import Network
from annotator.gui.loading import Image
from annotator.gui.review_queue import ReviewQueue
from annotator.gui.session import Session
from annotator.review.mirrored import is_looked_at, look_and_keep

translate = QCoreApplication.translate


def look_closer(session: Session, queue: ReviewQueue) -> None:
    """Look at every listed frame mirrored that this network saw and did not look at so; then say so in the queue."""
    project, network = session.project, session.forecaster.network_id
    if project is None or network is None or not session.order.ids:
        return
    looked: set[int] = set()

    def is_done(frame_id: int) -> bool:
        return not project.has_prediction(frame_id, network) or is_looked_at(project, frame_id, network)

    def closer(predicts: Network, rgb: Image, frame_id: int) -> None:
        # Another network may have been loaded meanwhile.
        if predicts.id == network:
            look_and_keep(project, predicts, rgb, frame_id)
            looked.add(frame_id)

    def ended(passed: int, lost: int) -> None:
        text = translate("Closer", "Frames looked at mirrored: {count}").format(count=f"{len(looked):,}")
        if not looked and network not in project.networks():
            text = translate("Closer", "Nothing to look at mirrored yet: let the network predict frames first")
        if lost:
            text += translate("Closer", ", not readable: {count}").format(count=f"{lost:,}")
        session.say(text)
        queue.look_again()

    session.forecaster.run_batch(
        session.order.ids,
        read_row=project.row,
        is_done=is_done,
        title=translate("Closer", "Looking closer"),
        look=closer,
        ended=ended,
    )
