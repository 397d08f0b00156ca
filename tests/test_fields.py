"""Values of a form: every fault by its field, in Japanese, all at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from referral_app.fields import Fields

LABELS = {"title": "題名", "days": "日数", "rows": "行"}


def test_all_faults_are_kept_and_the_first_of_a_field_stays() -> None:
    fields = Fields({"title": "", "days": 9, "rows": [{"title": "x" * 9}], "odd": 1}, LABELS)
    assert fields.text("title", 5) == ""
    assert fields.number("days", 0, 5) == 0
    for row in fields.rows("rows", 1, 3):
        row.text("title", 5)
        row.done()
    fields.refuse("title", "あとから")
    fields.done()
    assert fields.faults == {
        "title": "「題名」を書いてください。",
        "days": "「日数」は 0 から 5 までの数で書いてください。",
        "rows.1.title": "「題名」は 5 字までです (いま 9 字)。",
        "odd": "「odd」という項目はありません。つづりを確かめてください。",
    }


def test_an_absent_table_is_one_fault_and_not_one_for_each_of_its_parts() -> None:
    fields = Fields({}, LABELS)
    fields.table("days").text("title", 5)
    assert list(fields.faults) == ["days"]


def test_what_is_optional_may_be_absent() -> None:
    fields = Fields({}, LABELS)
    assert (fields.text("title", 5, required=False), fields.flag("days"), fields.texts("rows")) == ("", False, ())
    assert fields.faults == {}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(anything)
def test_no_value_breaks_a_reader(value: object) -> None:
    for read in (
        lambda fields: fields.text("x", 5),
        lambda fields: fields.choice("x", ("a",)),
        lambda fields: fields.number("x", 0, 5),
        lambda fields: fields.flag("x"),
        lambda fields: fields.texts("x"),
        lambda fields: [row.text("title", 5) for row in fields.rows("x", 0, 2)],
        lambda fields: fields.table("x").text("title", 5),
    ):
        fields = Fields({"x": value}, LABELS)
        read(fields)
        assert all(sentence.endswith(("。", "です。")) for sentence in fields.faults.values())
