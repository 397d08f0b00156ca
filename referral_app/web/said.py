"""What a page tells after one of its small forms: what happened, and the words that were typed into it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Said:
    """``at``: which form; ``fields``: what to mend; ``typed``: its words; ``opened``: a hidden contact may be shown."""

    notice: str = ""
    at: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    opened: bool = False


NOTHING_SAID = Said()
