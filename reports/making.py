"""How the derived variables of an indicator were made, by keys that the renderers put into words. Pure."""

from reports.deriving import Derivation, Group, Rule
from reports.plan import Indicator


def derived_rules(indicator: Indicator) -> dict[str, str]:
    """Rule → the variables that were made by it; several stand one after the other."""
    rules: dict[str, str] = {}
    for own in indicator.derived:
        rules[own.rule.value] = "; ".join(filter(None, [rules.get(own.rule.value, ""), _told(own)]))
        if len(own.sources) > 1:
            rules["answered"] = f"{own.answered} {len(own.sources)}"
    return rules


def _told(own: Derivation) -> str:
    if own.rule is Rule.ANY_OF:
        return f"{', '.join(own.sources)}: {', '.join(own.groups[0].choices)}"
    return f"{own.root}: {', '.join(_group(group) for group in own.groups)}"


def _group(group: Group) -> str:
    spans = [f"{low}-{high}" if low < high else str(low) for low, high in group.spans]
    return f"{group.name} = {' + '.join((*group.choices, *spans))}"
