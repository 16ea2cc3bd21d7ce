"""The countries of every study, for giving researchers their roles. Nothing of a cohort."""

from django.utils.translation import get_language

from accounts.places import Place
from survey.language import tag_for
from survey.models import Site, Version
from survey.publishing import protocol_of


def places() -> list[Place]:
    """Every site, called as the newest version of its study calls it; by its code where that one left it out."""
    newest = {version.study_id: version for version in Version.objects.order_by("number").defer("sheets")}
    found = []
    for site in Site.objects.select_related("study").order_by("study__slug", "position"):
        label = ""
        if site.study_id in newest:
            protocol = protocol_of(newest[site.study_id].pk)
            tag = tag_for(get_language() or "en", protocol.languages)
            label = next((str(one.label.get(tag)) for one in protocol.countries if one.code == site.country), "")
        found.append(Place(site.pk, site.study.slug, label or site.country))
    return found
