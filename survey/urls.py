"""Addresses of participants: a link, a code, the way out, and one address for everything else."""

from django.urls import path

from survey.views import arriving, code, cohorts, files, leaving, papers, participant

# Where the pages of one cohort are; only its own country's researchers reach them.
COHORT = "desk/sites/<int:site_id>/cohorts/<int:cohort_id>/"

urlpatterns = [
    path("", participant.questionnaire, name="questionnaire"),
    path("j/<slug:token>/", arriving.link, name="link"),
    path("j/<slug:token>/<slug:language>/", arriving.link, name="link-in-language"),
    path("i/<slug:token>/", arriving.invitation, name="invitation"),
    path("desk/studies/<slug:slug>/paper/", papers.papers, name="papers"),
    path("desk/studies/<slug:slug>/paper/<slug:country>/<slug:language>/", papers.paper, name="paper"),
    path("code/", code.code, name="code"),
    path("leave/<int:site_id>/<int:cohort_id>/", leaving.leave, name="leave"),
    path("left/<int:site_id>/<int:cohort_id>/", leaving.left, name="left"),
    path("desk/cohorts/", cohorts.index, name="cohorts"),
    path("desk/sites/<int:site_id>/cohorts/new/", cohorts.new, name="cohort-new"),
    path(f"{COHORT}settings/", cohorts.settings, name="cohort-settings"),
    path(f"{COHORT}state/<slug:to>/", cohorts.state, name="cohort-state"),
    path(f"{COHORT}files/", files.files, name="files"),
    path(f"{COHORT}files/cohort/", files.cohort_file, name="cohort-file"),
    path(f"{COHORT}files/<int:upload_id>/", files.upload, name="upload"),
    path(f"{COHORT}files/<int:upload_id>/problems/", files.problems, name="upload-problems"),
]
