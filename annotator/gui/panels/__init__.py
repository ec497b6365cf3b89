"""Panels that dock beside the canvas."""
