"""Addresses of a field laptop: participants' pages and nothing else. No page of staff is there to be found."""

from django.urls import path

from survey.urls import urlpatterns as survey_addresses
from survey.views import collecting

urlpatterns = [
    path("", collecting.front, name="front"),
    path("j/", collecting.door, name="door"),
    *(address for address in survey_addresses if not str(address.pattern).startswith("desk/")),
]
handler500 = "survey.views.failing.server_error"
