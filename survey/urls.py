"""Addresses of participants: a link, and one address for everything after it."""

from django.urls import path

from survey.views import participant

urlpatterns = [
    path("", participant.questionnaire, name="questionnaire"),
    path("j/<slug:token>/", participant.link, name="link"),
]
