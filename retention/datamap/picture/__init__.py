"""The data map as a picture: the cascade of one person's erasure.

layout   where each card stands
drawing  the SVG
words    in two languages
"""

from __future__ import annotations

from retention.datamap.picture.drawing import Backups, Processor, drawn

__all__ = ["Backups", "Processor", "drawn"]
