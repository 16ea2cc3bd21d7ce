"""Addresses: staff under /desk/, participants at / and at their links."""

from django.urls import include, path

urlpatterns = [
    path("desk/", include("accounts.urls")),
    path("desk/", include("reports.urls")),
    path("", include("survey.urls")),
]
handler500 = "survey.views.failing.server_error"
