"""Addresses of participants: a link, a code, the way out, and one address for everything else."""

from django.urls import path

from survey.views import code, leaving, participant

urlpatterns = [
    path("", participant.questionnaire, name="questionnaire"),
    path("j/<slug:token>/", participant.link, name="link"),
    path("code/", code.code, name="code"),
    path("leave/<int:site_id>/", leaving.leave, name="leave"),
    path("left/<int:site_id>/", leaving.left, name="left"),
]
