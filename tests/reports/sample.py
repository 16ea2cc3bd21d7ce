"""One small result with a bit of everything that is printed: what the golden pictures and outlines are made of."""

from dataclasses import replace

from reports.table import SCALAR, TOTAL, Cell, Result, State
from tests.reports.results import ASSESS, FIVE, TOO_FEW, across, indicator, labels, percent, result, synthetic, table

WOMAN, MAN = labels("Women", "Mujeres", "نساء"), labels("Men", "Hombres", "رجال")
HEAD = "0123456789ab" + "c" * 52


def sample() -> Result:
    """Five countries: shares with footnotes, one that is hidden, a split with few men, a distribution; synthetic."""
    assess = indicator(across(*ASSESS), question=labels("How often?", "¿Con qué frecuencia?", "كم مرة؟"))
    plan = indicator(
        across((40, 69), TOO_FEW, (48, 75), Cell(State.NO_ANSWERS, n=0), (31, 40)),
        id="practice.plan",
        label=labels("Follow a plan", "Seguir un plan", "اتباع خطة"),
        rules={"dont_know": "exclude"},
    )
    training = indicator(
        {
            "MX": {
                TOTAL: {SCALAR: percent(60, 74)},
                "woman": {SCALAR: percent(35, 44)},
                "man": {SCALAR: percent(20, 28)},
            }
        },
        "",
        id="training.any",
        label=labels("Had training", "Recibieron formación", "تلقّوا تدريبًا"),
        blocks={"woman": WOMAN, "man": MAN},
    )
    area = indicator(
        {
            code: {TOTAL: {"town": percent(town, 74), "country": percent(34, 74), "both": percent(40 - town, 74)}}
            for code, town in zip(FIVE, (34, 30, 25, 20, 15), strict=True)
        },
        "",
        id="about.area",
        stat="percent_each",
        label=labels("Where they live", "Dónde viven", "أين يعيشون"),
        categories={
            "town": labels("In town", "En la ciudad", "في المدينة"),
            "country": labels("In the country", "En el campo", "في الريف"),
            "both": labels("Both", "En ambos", "كلاهما"),
        },
    )
    by_gender = labels("Training by gender", "Formación por género", "التدريب حسب النوع الاجتماعي")
    tables = (
        table("practice.assess", "practice.plan"),
        table("training.any", id="gender", show="split", title=by_gender),
        table("about.area", id="area", show="plain", title=labels("Where they live", "Dónde viven", "أين يعيشون")),
    )
    own = result(assess, plan, training, area, tables=tables)
    return synthetic(replace(own, provenance=replace(own.provenance, audit_head=HEAD)))
