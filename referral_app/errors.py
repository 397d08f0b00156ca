"""The one family of errors. Every message is plain Japanese and says what to do next."""

from __future__ import annotations


class ReferralError(Exception):
    """Something a person can mend; the message may be shown to the clerk as it is."""


class DataError(ReferralError):
    """A data file is refused, with file, line (1-based, None if unknown) and reason."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")


class InvalidInput(ReferralError):
    """A form is incomplete; ``fields`` maps the field's name to the sentence shown beside it."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__(" ".join(fields.values()))


class NotFound(ReferralError):
    """The thing asked for does not exist (any more)."""


class Refused(ReferralError):
    """This person may not do or see this. The pages write it into the record."""


class Conflict(ReferralError):
    """Somebody else changed the same thing in between."""


class SearchDown(ReferralError):
    """The index or the analyser cannot be used now; alerts are still read."""
