"""How a つなぎ moves: ONE table of steps (手続き段階). Code obeys it; buttons, docs and tests are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass

from referral_app.access import Permission

SENDER, RECEIVER = "sender", "receiver"
SIDES = {SENDER: Permission.WRITE, RECEIVER: Permission.RECEIVE}  # side → what one must be allowed to stand on it
SIDE_LABELS = {SENDER: "送る課", RECEIVER: "受ける課"}
DESK, PAPER = "desk", "paper"  # whether the destination answers here, or on paper and by telephone


@dataclass(frozen=True)
class State:
    """Where a つなぎ stands. ``waits_for``: the side whose turn it is, "" when it has ended."""

    label: str
    waits_for: str


STATES = {
    "draft": State("下書き", SENDER),
    "consented": State("同意確認", SENDER),
    "sent": State("送付", RECEIVER),
    "received": State("受領", RECEIVER),
    "working": State("対応中", RECEIVER),
    "returned": State("差戻し", SENDER),
    "done": State("完了", ""),
    "onward": State("つなぎ直し", ""),
    "recalled": State("取り下げ", ""),
    "withdrawn": State("同意の取り消し", ""),
}
WAITING = ("sent",)
OPEN = ("received", "working")
ENDED = tuple(code for code, state in STATES.items() if not state.waits_for)
UNSENT = ("draft", "consented")


@dataclass(frozen=True)
class Field:
    """What a step asks for: its label, its longest input in characters, a word of help."""

    label: str
    longest: int
    help: str = ""


FIELDS = {
    "consent": Field("同意か法律の根拠", 0),
    "way": Field("つなぎ方", 0),
    "receiver": Field("受け取った人の氏名", 40, "電話や紙で「受け取った」と言った人"),
    "answer": Field("返事", 1_000, "したこと、次の予定、ご本人に伝えたこと"),
    "reason": Field("理由", 500, "送った課が、次にどうすればよいか分かるように"),
    "destination": Field("つなぎ直す先", 0),
}


@dataclass(frozen=True)
class Step:
    """One row: from which states, to which (None: stays), by which side, with which FIELDS filled in.

    by_form: not a button of its own; saving, sending or handing on performs it. tells: the sender gets a notice.
    """

    label: str
    origins: tuple[str, ...]
    target: str | None
    sides: tuple[str, ...]
    needs: tuple[str, ...] = ()
    by_form: bool = False
    tells: bool = False

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """One of these is needed, according to the side."""
        return tuple(SIDES[side] for side in self.sides)


STEPS = {
    "consent": Step("同意を確かめる", ("draft",), "consented", (SENDER,), ("consent",), by_form=True),
    "unconsent": Step("同意を直す", ("consented",), "draft", (SENDER,), by_form=True),
    "send": Step("送る", ("consented",), "sent", (SENDER,), ("consent", "way"), by_form=True),
    "receive": Step("受け取る", ("sent",), "received", (RECEIVER,), tells=True),
    "phoned": Step("受け取りだけ記録する", ("sent",), "received", (SENDER,), ("receiver",)),
    "start": Step("対応を始める", ("received",), "working", (RECEIVER,), tells=True),
    "answer": Step("途中の返事をする", OPEN, None, (RECEIVER,), ("answer",), tells=True),
    "finish": Step("完了する", OPEN, "done", (RECEIVER,), ("answer",), tells=True),
    "return": Step("差し戻す", (*WAITING, *OPEN), "returned", (RECEIVER,), ("reason",), tells=True),
    "take_over": Step("引き継ぐ", OPEN, None, (RECEIVER,)),
    "onward": Step("つなぎ直す", ("returned",), "onward", (SENDER,), ("destination",), by_form=True),
    "recall": Step("取り下げる", (*WAITING, "returned"), "recalled", (SENDER,), ("reason",)),
    "withdraw": Step(
        "同意の取り消しを受ける", (*WAITING, *OPEN, "returned", "done"), "withdrawn", (SENDER, RECEIVER), tells=True
    ),
}
