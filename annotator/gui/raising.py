"""Errors in what Qt calls, made ready to pass through Qt."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])


def whole_errors(handler: Handler) -> Handler:
    """The handler, whose errors are whole when Qt is told of them.

    Python makes the object of an error that C code raised (a missing index, a wrong type) only when somebody catches
    it. PySide 6.11 looks into it before, where a handler is reached through another one in Python, and the process dies
    instead of saying what went wrong.
    """

    @wraps(handler)
    def call(*arguments: Any) -> Any:
        try:
            return handler(*arguments)
        except Exception:
            # To catch it is all it needs.
            raise

    return call  # type: ignore[return-value]
