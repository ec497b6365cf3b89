"""A letter to press for every line of a menu, none twice, chosen from the words themselves in any language."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QMenu


def lettered(texts: Sequence[str]) -> list[str]:
    """The texts with ``&`` before one letter each: the first letter of a word where that can be, else any letter.

    What a text says itself with ``&`` is kept; a text stays without where no letter is left. As many as possible get
    one: a matching of texts and letters, grown along augmenting paths (Kuhn 1955).
    """
    fixed = {_letter(text) for text in texts} - {""}
    owner: dict[str, int] = {}
    chosen: dict[int, int] = {}

    def give(place: int, tried: set[str]) -> bool:
        for at in _candidates(texts[place]):
            letter = texts[place][at].casefold()
            if letter in fixed or letter in tried:
                continue
            tried.add(letter)
            if letter not in owner or give(owner[letter], tried):
                owner[letter], chosen[place] = place, at
                return True
        return False

    for place, text in enumerate(texts):
        if not _letter(text):
            give(place, set())
    return [text if place not in chosen else f"{text[: chosen[place]]}&{text[chosen[place] :]}"
            for place, text in enumerate(texts)]  # fmt: skip


def _candidates(text: str) -> list[int]:
    """Where a text has letters, first letters of words first."""
    words = text.split("\t")[0]
    places = [at for at, letter in enumerate(words) if letter.isalnum()]
    return sorted(places, key=lambda at: at > 0 and words[at - 1].isalnum())


def _letter(text: str) -> str:
    """The letter that a text names with ``&``, or nothing."""
    plain = text.replace("&&", "")
    at = plain.find("&")
    return plain[at + 1].casefold() if 0 <= at < len(plain) - 1 else ""


def bare(text: str) -> str:
    """A text without the ``&`` of its letter."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def letter_menu(menu: QMenu) -> None:
    """Give every line of a menu its letter, as it is about to be shown."""
    actions = [action for action in menu.actions() if not action.isSeparator() and action.text()]
    numbered = [action for action in actions if action.text()[:1] == "&"]
    rest = [action for action in actions if action not in numbered]
    kept = [action.text() for action in numbered]
    plain = [bare(action.text()) for action in rest]
    for action, text in zip(rest, lettered([*kept, *plain])[len(kept) :], strict=True):
        if text != action.text():
            action.setText(text)
