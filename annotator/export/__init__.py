"""Frames of a project carried out into a folder, in the format of another program or as a training set."""

from annotator.export.making import ExportPreview, export, preview
from annotator.export.options import Box, ExportKind, ExportOptions, ExportReport, Images, LeftOut, Scope, Unaccepted
from annotator.export.splits import GroupBy, Splits
from annotator.formats.export_folder import ExportError

__all__ = [
    "Box",
    "ExportError",
    "ExportKind",
    "ExportOptions",
    "ExportPreview",
    "ExportReport",
    "GroupBy",
    "Images",
    "LeftOut",
    "Scope",
    "Splits",
    "Unaccepted",
    "export",
    "preview",
]
