"""The nouns that travel between the floors. Frozen; no behaviour beyond reading themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

# The 15 items of the national 相談受付・申込票 (自立相談支援) and その他, in the form's order.
NATIONAL_ITEMS = (
    "病気や健康・障害",
    "住まい",
    "収入・生活費",
    "家賃やローンの支払い",
    "税金や公共料金等の支払い",
    "債務",
    "仕事探し・就職",
    "仕事上の不安やトラブル",
    "地域との関係",
    "家族との関係",
    "子育て",
    "介護",
    "ひきこもり・不登校",
    "DV・虐待",
    "食べるものがない",
    "その他",
)

# The ways of handing over; data/rules.toml gives each its deadline.
WAYS = ("同行", "電話で受理を確認", "本人が持参", "庁内で送付")

# What a programme is: a talk, a benefit, a place to be; the other four are no window for a resident.
NATURES = ("consultation", "service", "place", "information", "training", "network", "staff")

# A contact not confirmed within this many days is shown with 要確認 (DOMAIN: twelve months).
CONFIRMED_FOR_DAYS = 366


@dataclass(frozen=True)
class Contact:
    """Where a window is reached. Everything unknown stays "" and is shown as 要確認.

    name: whose number it is, when it is not the department's own (a facility's office).
    """

    name: str = ""
    phones: tuple[str, ...] = ()
    place: str = ""
    hours: str = ""
    url: str = ""
    note: str = ""
    source: str = ""
    seen: str = ""
    confirmed: date | None = None

    def is_confirmed(self, today: date) -> bool:
        """True when a person confirmed this contact within the last twelve months."""
        return self.confirmed is not None and (today - self.confirmed).days <= CONFIRMED_FOR_DAYS


@dataclass(frozen=True)
class Department:
    """A department of the city (担当課)."""

    name: str
    kana: str
    contact: Contact


@dataclass(frozen=True)
class Programme:
    """One of the plan's 110 programmes. ``name`` to ``priority_groups`` are the plan's facts."""

    code: str
    name: str
    new: bool
    policy: int
    sub_policy: str
    departments: tuple[str, ...]
    priority_groups: tuple[str, ...]
    nature: str
    referable: bool
    plain_name: str
    summary: str
    for_whom: str
    condition: str
    what_to_say: str
    which_one: str
    only_for: tuple[str, ...]
    for_helpers: bool
    handout: bool
    discreet: bool


@dataclass(frozen=True)
class OutsideWindow:
    """A window outside the plan that a professional would also name (法テラス, 児童相談所 …)."""

    code: str
    name: str
    kana: str
    plain_name: str
    what: str
    condition: str
    what_to_say: str
    contact: Contact
    discreet: bool


@dataclass(frozen=True)
class HelpLine:
    """A telephone line; ``audience`` tells for which panels and papers it is meant."""

    code: str
    name: str
    kana: str
    contact: Contact
    audience: tuple[str, ...]
    on_paper: bool


@dataclass(frozen=True)
class Window:
    """What a clerk picks and a sheet addresses: a programme's or an outside window's common face."""

    code: str
    department: str
    programme: str
    plain_name: str
    summary: str
    for_whom: str
    condition: str
    what_to_say: str
    which_one: str
    contact: Contact
    outside: bool
    discreet: bool


@dataclass(frozen=True)
class Alert:
    """A reading of wording that calls for the staff memo. Never a score of a person.

    kind: suicide, self_harm, other_person, bereavement, violence or child_abuse.
    level: imminent, high or concern. words: the triggering parts of the text as typed.
    sure: False when only weak wording led here, which a second reading may confirm or drop.
    """

    kind: str
    level: str
    words: tuple[str, ...] = ()
    sure: bool = True


@dataclass(frozen=True)
class Reason:
    """Why a programme is shown: the resident's words, through which worry, and what it does."""

    words: tuple[str, ...]
    worry: str | None
    why: str


@dataclass(frozen=True)
class Found:
    """A programme found, best reasons first. ``score`` orders; it is no probability."""

    code: str
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class FoundWorry:
    """A worry heard in the text (or added by hand) with its windows, best first.

    guessed: no phrase named it; only the examples or similar words speak for it.
    """

    code: str
    label: str
    item: str
    words: tuple[str, ...]
    programmes: tuple[str, ...]
    outside: tuple[tuple[str, str], ...] = ()
    guessed: bool = False


@dataclass(frozen=True)
class Finding:
    """The whole answer to one text. ``outside_topics`` are matters this catalogue does not hold."""

    worries: tuple[FoundWorry, ...] = ()
    programmes: tuple[Found, ...] = ()
    confident: bool = False
    outside_topics: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
