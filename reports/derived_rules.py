"""How the derived variables of an indicator were made, by keys that the renderers put into words. Pure."""

from dataclasses import replace

from reports.deriving import Derivation, Group, Rule
from reports.plan import Indicator

SPLIT = "split_"


def derived_rules(indicator: Indicator) -> dict[str, str]:
    """Rule → the variables that were made by it; several stand one after the other.

    What is only split by has keys of its own: it says nothing of a total.
    """
    rules: dict[str, str] = {}
    total = replace(indicator, split="", restrict=()).slice.derived
    for own in indicator.derived:
        name = f"{'' if own in total else SPLIT}{own.rule.value}"
        rules[name] = "; ".join(filter(None, [rules.get(name, ""), _told(own)]))
        if len(own.sources) > 1:
            rules[f"{'' if own in total else SPLIT}answered"] = f"{own.answered} {len(own.sources)}"
    return rules


def _told(own: Derivation) -> str:
    if own.rule is Rule.ANY_OF:
        return f"{', '.join(own.sources)}: {', '.join(own.groups[0].choices)}"
    return f"{own.root}: {', '.join(_group(group) for group in own.groups)}"


def _group(group: Group) -> str:
    spans = [f"{low}-{high}" if low < high else str(low) for low, high in group.spans]
    return f"{group.name} = {' + '.join((*group.choices, *spans))}"
