"""Measures the label checks: known label errors, false alarms, injected faults, time. Run from the checkout's root:

python tests/benchmarks/checks.py [--faults 500] [--files 100]
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "annotator")]

import numpy as np  # noqa: E402
from views import SIZE, random_view  # noqa: E402

from annotator.checks import Rule, Severity, check, deep_check  # noqa: E402
from annotator.checks.mends import Symmetry, instance_turned  # noqa: E402
from annotator.keypoints import resolve  # noqa: E402
from annotator.labels import FrameLabels, Instance, KeypointLabel, Origin, Visibility  # noqa: E402
from annotator.pitch import KEYPOINTS, MARKINGS  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
NAMES = list(KEYPOINTS)
MOVE = 20.0
BACK = 5.0  # pixels from its true place at which a moved point counts as mended
AGREES = 6.0  # pixels of the camera fitted without a label within which it is called right


def resolved_of(instance):
    return resolve(instance, None, size=SIZE, threshold=1.0)


def judged(instance, neighbours=None):
    """The findings that count, and the milliseconds that the quick and the thorough check took."""
    resolved = resolved_of(instance)
    started = time.process_time()
    check(instance, resolved, size=SIZE, neighbours=neighbours)
    between = time.process_time()
    found = deep_check(instance, resolved, size=SIZE, neighbours=neighbours)
    spent = (1e3 * (between - started), 1e3 * (time.process_time() - between))
    return [f for f in found if f.severity is not Severity.HINT], spent


def read_lines(path):
    drawn = json.loads(path.read_text(encoding="utf-8"))
    names = {name.strip(): name for name in MARKINGS}
    return Instance(
        markings={
            names[n.strip()]: tuple((p["x"] * SIZE[0], p["y"] * SIZE[1]) for p in xy)
            for n, xy in drawn.items()
            if n.strip() in names and xy
        }
    )


def read_points(path):
    said = json.loads(path.read_text(encoding="utf-8"))
    return placed({NAMES[int(i)]: tuple(xy) for i, xy in said.items()})


def placed(points):
    return Instance(
        keypoints={name: KeypointLabel(tuple(xy), Visibility.VISIBLE, Origin.IMPORTED) for name, xy in points.items()}
    )


# Labels of real frames.


def known_errors():
    """Recall on the labels listed as probably wrong, and what is said of the others."""
    folder = DATA / "soccernet-dev"
    with (folder / "likely_label_errors.csv").open(encoding="utf-8") as file:
        listed = {(int(row["idx"]), NAMES[int(row["kp"])]) for row in csv.DictReader(file)}
    found, other, total, spent, agree = set(), collections.Counter(), 0, [], {}
    clean = 0
    for path in sorted((folder / "keypoints57").glob("*.json")):
        number, instance = int(path.stem), read_points(path)
        findings, times = judged(instance)
        spent.append(times)
        total += len(instance.keypoints)
        clean += not findings
        named = {name for finding in findings for name in finding.keypoints}
        found |= {(number, name) for name in named if (number, name) in listed}
        other.update({number: sum((number, name) not in listed for name in named)})
        for key in listed - found:
            if key[0] == number:
                solution = resolved_of(instance).solution
                agree[key] = None if solution is None else solution.left_out.get(key[1])
    print(f"\n{len(listed)} labels of soccernet-dev listed as probably wrong: {len(found)} found")
    for (number, name), off in sorted(agree.items()):
        where = "-" if off is None else f"{off:.1f} px"
        print(f"  not named: frame {number} {name}, from where the camera of the other labels has it: {where}")
    right = [key for key, off in agree.items() if off is not None and off < AGREES]
    if len(listed) > len(right):
        rest = len(listed) - len(right)
        print(f"  without the {len(right)} that lie within {AGREES:g} px of it: {len(found)} of {rest}")
    others = sum(other.values())
    print(f"  other labels named: {others} of {total - len(listed)} ({100 * others / (total - len(listed)):.1f} %)")
    print(f"  by frame: {', '.join(f'{n}: {c}' for n, c in other.most_common(12) if c)}; frames without any: {clean}")
    timing("57 points", spent)


def timing(what, spent):
    quick, deep = np.array(spent).T
    print(
        f"  {what}, milliseconds (median, p95, max): quick {np.median(quick):.1f} {np.percentile(quick, 95):.1f} "
        f"{quick.max():.1f}; thorough {np.median(deep):.0f} {np.percentile(deep, 95):.0f} {deep.max():.0f}"
    )


def false_alarms(folder, count):
    """What is said of line files as people drew them."""
    paths = sorted(folder.glob("*.json"))
    paths = paths[:: max(1, len(paths) // count)]
    rules, graver, spent, warned = collections.Counter(), 0, [], 0
    for path in paths:
        findings, times = judged(read_lines(path))
        spent.append(times)
        rules.update({finding.rule.value for finding in findings})
        graver += any(finding.severity is Severity.ERROR for finding in findings)
        warned += bool(findings)
    where = folder.relative_to(DATA).as_posix()
    print(f"\n{len(paths)} line files of {where}: {warned} with findings, {graver} with errors")
    print(f"  {dict(rules.most_common())}")
    timing("lines", spent)


# Injected faults.


def drawn_pair(rng, instance):
    """Two drawn markings, or two placed points, whose names may be exchanged."""
    if instance.markings:
        straight = [name for name in instance.markings if not MARKINGS[name].is_round]
        return tuple(rng.choice(straight, 2, replace=False)) if len(straight) >= 2 else None
    names = list(instance.keypoints)
    for _ in range(20):
        first, second = rng.choice(names, 2, replace=False)
        apart = np.subtract(instance.keypoints[first].position, instance.keypoints[second].position)
        if np.hypot(*apart) > MOVE:
            return str(first), str(second)
    return None


def swapped(rng, instance):
    pair = drawn_pair(rng, instance)
    if pair is None:
        return None
    names = {pair[0]: pair[1], pair[1]: pair[0]}

    def renamed(said):
        return {names.get(name, name): value for name, value in said.items()}

    return replace(instance, keypoints=renamed(instance.keypoints), markings=renamed(instance.markings)), set(pair)


def moved(rng, instance):
    """A placed point moved by 20 px anywhere, or a click moved by 20 px across its marking."""
    if not instance.markings:
        name = str(rng.choice(list(instance.keypoints)))
        angle = rng.uniform(0.0, 2.0 * np.pi)
        x, y = instance.keypoints[name].position
        said = replace(instance.keypoints[name], position=(x + MOVE * np.cos(angle), y + MOVE * np.sin(angle)))
        return replace(instance, keypoints={**instance.keypoints, name: said}), {name}
    names = [n for n, xy in instance.markings.items() if not MARKINGS[n].is_round and np.ptp(xy, axis=0).max() > 40.0]
    if not names:
        return None
    name = str(rng.choice(names))
    clicks = np.array(instance.markings[name])
    along = clicks[-1] - clicks[0]
    across = np.array([-along[1], along[0]]) / np.hypot(*along)
    clicks[rng.integers(len(clicks))] += MOVE * across * rng.choice([-1.0, 1.0])
    return replace(instance, markings={**instance.markings, name: tuple(map(tuple, clicks.tolist()))}), {name}


def whole(symmetry):
    def turned(rng, instance):
        other = instance_turned(instance, symmetry)
        same = other.markings.keys() == instance.markings.keys() and other.keypoints.keys() == instance.keypoints.keys()
        return None if same else (other, set())

    return turned


FAULTS = {
    "swapped names": swapped,
    "mirrored": whole(Symmetry.MIRROR),
    "turned by 180": whole(Symmetry.HALF_TURN),
    "moved by 20 px": moved,
}
WHOLE = {"mirrored": Rule.MIRRORED, "turned by 180": Rule.TURNED}


def is_mended(kind, finding, faulty, clean):
    """Whether the mend gives the labels back, or takes what was moved away."""
    if finding.mend is None:
        return False
    after = finding.mend(FrameLabels((faulty,))).pitch
    if kind != "moved by 20 px":
        return after.keypoints == clean.keypoints and after.markings == clean.markings
    for name in finding.keypoints:
        at = resolved_of(after).keypoints[name].position
        return at is not None and np.hypot(*np.subtract(at, clean.keypoints[name].position)) < BACK
    gone = [set(faulty.markings[name]) - set(after.markings.get(name, ())) for name in finding.markings]
    return bool(gone) and all(each - set(clean.markings[n]) for n, each in zip(finding.markings, gone, strict=True))


def sources(rng, count):
    """Clean frames: made-up and real ones, drawn and placed, in turn; real ones only where nothing is found."""
    lines = sorted((DATA / "soccernet-lines").glob("*.json")) if DATA.is_dir() else []
    points = sorted((DATA / "soccernet-dev" / "keypoints57").glob("*.json")) if DATA.is_dir() else []
    made = 0
    while made < count:
        kind = made % 4
        view = random_view(rng, ("main", "main", "side", "goal")[rng.integers(4)], kap=0.03)
        if kind in (0, 1) or not lines:
            instance = view.clicks(rng, noise=1.0)
            if kind == 1:
                seen = view.keypoints()
                instance = placed({n: xy + rng.standard_normal(2) for n, xy in seen.items()})
        else:
            paths = lines if kind == 2 else points
            instance = (read_lines if kind == 2 else read_points)(paths[rng.integers(len(paths))])
        if len(instance.markings) < 6 and len(instance.keypoints) < 8:
            continue
        resolved = resolved_of(instance)
        if resolved.solution is None or judged(instance)[0]:
            continue
        made += 1
        yield ("made-up lines", "made-up points", "real lines", "real points")[kind], instance, resolved


def faults(count):
    """Share of injected faults found, and of those the share whose mend is right."""
    rng = np.random.default_rng(7)
    found, mended, spent = (collections.defaultdict(list) for _ in range(3))
    kinds = list(FAULTS)
    for i, (source, clean, resolved) in enumerate(sources(rng, count)):
        kind = kinds[(i // 4) % 4]
        injected = FAULTS[kind](rng, clean)
        if injected is None:
            continue
        faulty, names = injected
        findings, times = judged(faulty, [resolved] if kind == "turned by 180" else None)
        spent["all"].append(times)
        hits = [f for f in findings if (f.rule is WHOLE[kind] if kind in WHOLE else names & set(f.names))]
        for key in (kind, f"  {source}, {kind}", "all"):
            found[key].append(bool(hits))
            mended[key].append(any(is_mended(kind, finding, faulty, clean) for finding in hits))
            spent[key].append(bool(findings))
    print(f"\n{len(found['all'])} injected faults in frames of which nothing was said before")
    print(f"{'':34}{'faults':>8}{'noticed':>9}{'named':>8}{'mended':>8}")
    for key in sorted(found, key=lambda k: (k != "all", k.strip().split(", ")[-1], k.startswith(" "))):
        noticed = [len(found[key])] if key == "all" else spent[key]
        share = "" if key == "all" else f"{100 * np.mean(noticed):.0f} %"
        named, right = 100 * np.mean(found[key]), 100 * np.mean(mended[key])
        print(f"{key:34}{len(found[key]):8}{share:>9}{named:6.0f} %{right:6.0f} %")


def main():
    """Run all reports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--files", type=int, default=100, help="line files of each set")
    options = parser.parse_args()
    if DATA.is_dir():
        known_errors()
        false_alarms(DATA / "soccernet-lines", options.files)
        false_alarms(DATA / "worldcup14" / "lines", options.files)
    faults(options.faults)


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main()
