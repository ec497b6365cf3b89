"""From a clean picture to a broadcast one: light, graphics, lens, sharpening, noise, compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
Image = NDArray[np.float32]
Picture = NDArray[np.uint8]


def stadium_shadow(rng: np.random.Generator, x: Map, y: Map) -> Map:
    """Light on the ground with the shadow edge of a roof across it, (H, W)."""
    angle = rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)])
    across = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)) - np.float32(rng.uniform(-25, 25))
    if rng.random() < 0.5:
        across = -across
    soft = np.clip(across / np.float32(rng.uniform(0.3, 1.5)) + 0.5, 0.0, 1.0)
    light: Map = 1 - np.float32(rng.uniform(0.25, 0.65)) * soft
    return light


def grade(rng: np.random.Generator, image: Image) -> Image:
    """Exposure, gamma, colour cast, vignette and haze."""
    height, width = image.shape[:2]
    cast = rng.normal(1.0, 0.035, 3).astype(np.float32) * np.float32(rng.uniform(0.85, 1.2))
    graded = np.clip(image * cast, 0.0, 1.0)
    gamma = float(np.exp(rng.normal(0.0, 0.14)))
    table = np.linspace(0, 1, 1024, dtype=np.float32) ** np.float32(gamma)
    graded = table[(graded * 1023).astype(np.int16)]
    if rng.random() < 0.4:
        u = np.linspace(-1, 1, width, dtype=np.float32)[None]
        v = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        graded *= (1 - np.float32(rng.uniform(0.05, 0.25)) * (u * u + v * v) / 2)[..., None]
    if rng.random() < 0.15:
        haze = np.float32(rng.uniform(0.05, 0.25))
        graded = graded * (1 - haze) + haze * np.float32(rng.uniform(0.6, 0.9))
    return graded


def graphics(rng: np.random.Generator, picture: Picture, covered: Map) -> None:
    """Score, channel mark, watermark and sometimes a banner, in place; ``covered`` notes what they hide."""
    height, width = picture.shape[:2]
    unit = height / 27
    if rng.random() < 0.8:
        left, top = rng.uniform(0.04, 0.14) * width, rng.uniform(0.03, 0.07) * height
        _score(rng, picture, covered, (left, top), unit)
    if rng.random() < 0.5:
        box = (rng.uniform(0.86, 0.92) * width, rng.uniform(0.03, 0.08) * height, unit * 2.2, unit * 1.1)
        _panel(picture, covered, box, (20, 20, 24) if rng.random() < 0.5 else (240, 240, 240), opacity=0.85)
        _write(picture, "TL 1", (box[0] + unit * 0.2, box[1] + unit * 0.85), unit * 0.026, (200, 200, 200))
    for low in (True, False):
        if rng.random() > 0.4:
            continue
        tall = unit * float(rng.uniform(1.6, 3.0))
        top = rng.uniform(0.8, 0.88) if low else rng.uniform(0.03, 0.1)
        box = (rng.uniform(0.78, 0.9) * width, top * height, tall * 0.9, tall)
        strong = rng.random() < 0.25
        _crest(rng, picture, box, opacity=float(rng.uniform(0.45, 0.9) if strong else rng.uniform(0.12, 0.45)))
    if rng.random() < 0.07:
        box = (rng.uniform(0.05, 0.6) * width, rng.uniform(0.02, 0.9) * height, unit * 9, unit * rng.uniform(1, 2.5))
        _panel(picture, covered, box, (8, 8, 8) if rng.random() < 0.5 else (235, 235, 235), opacity=1.0)
    if rng.random() < 0.02:
        _wipe(rng, picture, covered)


def _crest(
    rng: np.random.Generator, picture: Picture, box: tuple[float, float, float, float], *, opacity: float
) -> None:
    """A translucent mark of a broadcaster (left, top, width, height in pixels), in place: ring, shield or lettering."""
    left, top, wide, tall = box
    drawn, ink = picture.copy(), (235, 235, 235)
    middle = round((left + wide / 2) * 16), round((top + tall / 2) * 16)
    radius = min(wide, tall) / 2
    thick = max(1, round(radius / 8))
    kind = rng.random()
    if kind < 0.4:
        cv2.circle(drawn, middle, round(radius * 16), ink, thick, cv2.LINE_AA, 4)
        cv2.circle(drawn, middle, round(radius * 9), ink, -1, cv2.LINE_AA, 4)
    else:
        outline = np.array([(0.05, 0.1), (0.5, 0.0), (0.95, 0.1), (0.9, 0.7), (0.5, 1.0), (0.1, 0.7)])
        corners = ((outline * (wide, tall) + (left, top)) * 16).astype(np.int32)
        if kind < 0.8:
            cv2.polylines(drawn, [corners], True, ink, thick, cv2.LINE_AA, 4)
        for row in (0.35, 0.55, 0.75):
            text, at = "PREMIUM LIVE"[: int(rng.integers(4, 13))], (left + wide * 0.16, top + tall * row)
            _write(drawn, text, at, tall * 0.007, ink)
    picture[:] = _picture(cv2.addWeighted(drawn, opacity, picture, 1 - opacity, 0))


def _score(rng: np.random.Generator, picture: Picture, covered: Map, corner: tuple[float, float], unit: float) -> None:
    """A score line in a corner."""
    names = ("NOR", "ALB", "VEL", "TER", "ORI", "POL", "HAL", "RIV", "QUA", "LUM")
    home, away = (names[int(i)] for i in rng.choice(len(names), 2, replace=False))
    dark = tuple(int(c) for c in rng.integers(5, 90, 3))
    light = (238, 238, 240)
    left, top = corner
    _panel(picture, covered, (left, top, unit * 3.2, unit * 1.1), light, opacity=0.95)
    _panel(picture, covered, (left + unit * 3.2, top, unit * 2.4, unit * 1.1), dark, opacity=0.95)
    _panel(picture, covered, (left + unit * 5.6, top, unit * 3.2, unit * 1.1), light, opacity=0.95)
    line, size = top + unit * 0.86, unit * 0.028
    _write(picture, home, (left + unit * 0.6, line), size, (20, 20, 24))
    score = f"{int(rng.integers(4))}-{int(rng.integers(4))}"
    _write(picture, score, (left + unit * 3.6, line), size, light)
    _write(picture, away, (left + unit * 6.2, line), size, (20, 20, 24))
    if rng.random() < 0.7:
        _panel(picture, covered, (left + unit * 2.6, top + unit * 1.15, unit * 3.6, unit), dark, opacity=0.9)
        clock = f"{int(rng.integers(90)):02d}:{int(rng.integers(60)):02d}"
        _write(picture, clock, (left + unit * 3.3, top + unit * 1.98), size * 0.9, light)


def _wipe(rng: np.random.Generator, picture: Picture, covered: Map) -> None:
    """The slanted bands of a replay sliding in, in place."""
    height, width = picture.shape[:2]
    left, slant = rng.uniform(-0.2, 1.0) * width, rng.uniform(-0.4, 0.4) * height
    for _ in range(int(rng.integers(1, 4))):
        wide = rng.uniform(0.03, 0.2) * width
        corners = np.array([(left, 0), (left + wide, 0), (left + wide + slant, height), (left + slant, height)])
        colour = tuple(int(c) for c in rng.integers(5, 250, 3))
        mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(mask, (corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
        picture[mask > 127] = colour
        covered[mask > 127] = 1.0
        left += wide * rng.uniform(1.0, 1.4)


def _panel(
    picture: Picture,
    covered: Map,
    box: tuple[float, float, float, float],
    colour: tuple[int, ...],
    *,
    opacity: float,
) -> None:
    """A rectangle (left, top, width, height in pixels), in place."""
    left, top, wide, tall = (round(v) for v in box)
    part = np.s_[max(top, 0) : top + tall, max(left, 0) : left + wide]
    mixed = picture[part].astype(np.float32) * (1 - opacity) + np.array(colour, np.float32) * opacity
    picture[part] = mixed.astype(np.uint8)
    if opacity > 0.5:
        covered[part] = 1.0


def _write(picture: Picture, text: str, at: tuple[float, float], scale: float, colour: tuple[int, ...]) -> None:
    """Text with its baseline's left end at ``at``, in place."""
    place = round(at[0]), round(at[1])
    thick = max(1, round(scale * 2))
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_DUPLEX, scale, colour, thick, cv2.LINE_AA)


def lens(rng: np.random.Generator, picture: Picture) -> Picture:
    """Blur, halo sharpening, noise and JPEG compression of a picture with its graphics."""
    height = picture.shape[0]
    unit = height / 288
    if rng.random() < 0.75:
        picture = _picture(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.25, 0.8)) * unit))
    if rng.random() < 0.5:
        amount, radius = float(rng.uniform(0.2, 1.0)), float(rng.uniform(0.6, 1.4)) * unit
        soft = cv2.GaussianBlur(picture, (0, 0), radius)
        picture = _picture(cv2.addWeighted(picture, 1 + amount, soft, -amount, 0))
    if rng.random() < 0.6:
        picture = _grain(rng, picture, float(rng.uniform(0.8, 4.5)))
    quality = int(rng.uniform(45, 96))
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _picture(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1].copy()


def _picture(array: object) -> Picture:
    """What OpenCV returned, as what it is."""
    return np.asarray(array, dtype=np.uint8)


def _grain(rng: np.random.Generator, picture: Picture, sigma: float) -> Picture:
    """Sensor noise, the same in all channels."""
    height, width = picture.shape[:2]
    noise = rng.standard_normal((height, width), dtype=np.float32) * np.float32(sigma)
    noisy = picture.astype(np.float32) + noise[..., None]
    return np.clip(noisy, 0, 255).astype(np.uint8)


def smear(rng: np.random.Generator, picture: Picture) -> Picture:
    """One time in ten the smear of a camera that pans, slightly tilted; now and then so strong that little is left.

    Graphics are laid over it afterwards: they stay sharp.
    """
    if rng.random() > 0.1:
        return picture
    unit = picture.shape[0] / 288
    strong = rng.random() < 0.25
    length = int(max(3, rng.uniform(8, 22) * unit if strong else rng.uniform(3, 9) * unit)) | 1
    kernel = np.zeros((length, length), np.float32)
    rise = round(float(rng.uniform(-0.3, 0.3)) * (length // 2))
    cv2.line(kernel, (0, length // 2 - rise), (length - 1, length // 2 + rise), 1.0, 1, cv2.LINE_AA)
    return _picture(cv2.filter2D(picture, -1, kernel / kernel.sum()))
