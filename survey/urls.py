"""Addresses of participants: a link, a code, the way out, and one address for everything else."""

from django.urls import path

from survey.views import arriving, code, leaving, papers, participant

urlpatterns = [
    path("", participant.questionnaire, name="questionnaire"),
    path("j/<slug:token>/", arriving.link, name="link"),
    path("j/<slug:token>/<slug:language>/", arriving.link, name="link-in-language"),
    path("i/<slug:token>/", arriving.invitation, name="invitation"),
    path("desk/studies/<slug:slug>/paper/", papers.papers, name="papers"),
    path("desk/studies/<slug:slug>/paper/<slug:country>/<slug:language>/", papers.paper, name="paper"),
    path("code/", code.code, name="code"),
    path("leave/<int:site_id>/", leaving.leave, name="leave"),
    path("left/<int:site_id>/", leaving.left, name="left"),
]
