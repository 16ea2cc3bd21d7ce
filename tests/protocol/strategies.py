"""Random protocols and random answers to them."""

from hypothesis import strategies as st

from survey.protocol.schema import Kind, Missing
from tests import workbooks as w

LISTS = [
    *w.YES_NO,
    *w.choices("often", "never", "sometimes", "often", "always", missing=["dont_know", "not_applicable"]),
    *w.choices("work", "paid", "unpaid", "home", none=True),
    *w.choices("ways", "a", "b", missing=["dont_know"], none=True),
]
_KINDS = ("select_one yesno", "select_one often", "select_multiple work", "select_multiple ways", "integer", "text")


@st.composite
def protocols(draw, max_questions=7):
    """Sections of questions of all kinds, some of them follow-ups of an earlier yes/no or number."""
    rows, gates, cut = [], [], draw(st.integers(0, max_questions))
    first_gates = []
    for number in range(draw(st.integers(1, max_questions))):
        name, kind = f"q{number}", draw(st.sampled_from((*_KINDS, "note", "acknowledge")))
        gate = {"relevant": draw(st.sampled_from(gates))} if gates and draw(st.booleans()) else {}
        if kind == "integer":
            low = draw(st.integers(0, 300))
            rows.append(w.integer(name, low, low + draw(st.integers(0, 400)), **gate))
            gates.append(f"${{{name}}} > {low}")
        else:
            rows.append(w.question(kind, name, **gate))
            if kind == "select_one yesno":
                gates.append(f"${{{name}}} = 'yes'")
        if number < cut:
            first_gates = list(gates)
    gate = {"relevant": draw(st.sampled_from(first_gates))} if first_gates and draw(st.booleans()) else {}
    parts = [w.group("first", *rows[:cut])] if cut else []
    parts += [w.group("second", *rows[cut:], **gate)] if rows[cut:] else []
    if all(row.get("type") == "note" for row in rows):
        parts.append(w.group("third", w.one("q", "yesno")))
    return w.protocol([row for part in parts for row in part], LISTS)


def answers(protocol):
    """Valid answers to some of the questions, on the route or not."""
    possible = {q.name: answer(q) for q in protocol.questions() if q.kind is not Kind.NOTE}
    return st.fixed_dictionaries({}, optional=possible)


def answer(question):
    return st.sampled_from(list(Missing)) | _ANSWERS[question.kind](question)


def _ticks(question):
    alone = [(choice.name,) for choice in question.options if choice.exclusive]
    several = [choice.name for choice in question.options if not choice.exclusive]
    ticked = st.sets(st.sampled_from(several), min_size=1)
    return st.sampled_from(alone) | ticked.map(lambda names: tuple(name for name in several if name in names))


_ANSWERS = {
    Kind.SELECT_ONE: lambda question: st.sampled_from([choice.name for choice in question.options]),
    Kind.SELECT_MULTIPLE: _ticks,
    Kind.INTEGER: lambda question: st.integers(question.low, question.high),
    Kind.TEXT: lambda question: st.text(min_size=1, max_size=5),
    Kind.ACKNOWLEDGE: lambda question: st.just("OK"),
}
