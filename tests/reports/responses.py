"""Answer sheets by the dozen, coded and counted as stored ones are."""

from reports.cells import SiteCounts, publishable
from reports.disclosure import Policy
from reports.tallying import count_records
from survey.protocol import routing
from survey.protocol.record import layout_of


def people(number, **answers):
    """So many people with the same answers."""
    return [answers] * number


def coded(protocol, sheets, country="KE"):
    layout = layout_of(protocol)
    return [layout.encode(answers, routing.asked(protocol, answers, country)) for answers in sheets]


def cells_of(study, *groups, threshold=5, signed_off=False, registry=None):
    """What may be printed of a site where these groups of people answered."""
    protocol, plan = study
    layout = layout_of(protocol)
    counts = count_records(coded(protocol, [sheet for group in groups for sheet in group]), layout=layout, plan=plan)
    site = SiteCounts(counts.fields, registry or {})
    return publishable(plan=plan, layout=layout, counts=site, policy=Policy(threshold), signed_off=signed_off)
