"""Addresses of the coordinator's pages, under /desk/."""

from django.urls import path

from reports.views import comparisons, cutting, fieldwork, home, overview, results, returning, start

# The first page of a cohort; only its own country's researchers reach it. Its other pages are the survey's.
COHORT = "sites/<int:site_id>/cohorts/<int:cohort_id>/"

urlpatterns = [
    path("", home.desk, name="desk"),
    path("comparisons/new/<slug:slug>/", start.new_comparison, name="new-comparison"),
    path("comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
    path("comparisons/<int:pk>/again/", comparisons.try_again, name="comparison-again"),
    path("comparisons/<int:pk>/<slug:kind>/", results.download, name="comparison-file"),
    path(COHORT, fieldwork.overview, name="cohort"),
    path(f"{COHORT}look/", fieldwork.look, name="cohort-look"),
    path(f"{COHORT}cut/", cutting.step, {"name": "cut"}, name="cohort-cut"),
    path(f"{COHORT}release/", returning.release, name="cohort-release"),
    path(f"{COHORT}freeze/", cutting.step, {"name": "freeze"}, name="cohort-freeze"),
    path(f"{COHORT}unfreeze/", cutting.step, {"name": "unfreeze"}, name="cohort-unfreeze"),
    path(f"{COHORT}unfreeze/answer/", cutting.answer, name="cohort-unfreeze-answer"),
    path("studies/<slug:slug>/", overview.study, name="study"),
    path("studies/<slug:slug>/deviations/", overview.deviations, name="deviations"),
]
