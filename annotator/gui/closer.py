"""Looking closer: the network sees every predicted frame mirrored too, where a person asks for it.

It costs one more inference a frame, which would keep a laptop's fan running for something that geometry mostly says
better, so the window does not do it by itself. It goes on behind the shown frame, can be stopped, and begins again
where it ended.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from annotator.gui.forecasting import Network
from annotator.gui.loading import Image
from annotator.gui.review_queue import ReviewQueue
from annotator.gui.session import Session
from annotator.review.mirrored import keep, look

translate = QCoreApplication.translate


def look_closer(session: Session, queue: ReviewQueue) -> None:
    """Look at every listed frame mirrored that this network saw and did not look at so; then say so in the queue."""
    project, network = session.project, session.forecaster.network_id
    if project is None or network is None or not session.order.ids:
        return
    if session.people.is_many:
        session.say(translate("Closer", "Of many things in a frame, the mirrored one cannot be compared"))
        return
    before = project.mirrored_frames(network)
    done = set(before)

    def is_done(frame_id: int) -> bool:
        return frame_id in done or not project.has_prediction(frame_id, network)

    def closer(predicts: Network, rgb: Image, frame_id: int) -> None:
        # Another network may have been loaded meanwhile.
        if predicts.id == network:
            keep(project, frame_id, network, look(predicts.predict, rgb, session.people.scheme.mirrored))
            done.add(frame_id)

    def ended(passed: int, lost: int) -> None:
        text = translate("Closer", "Frames looked at mirrored: {count}").format(count=f"{len(done) - len(before):,}")
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
