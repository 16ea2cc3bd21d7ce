"""Addresses of the coordinator's pages, under /desk/."""

from django.urls import path

from reports.views import (
    changes,
    checking,
    codebook,
    comparisons,
    custody,
    cutting,
    fieldwork,
    history,
    home,
    keys,
    microdata,
    overview,
    own_tables,
    results,
    returning,
    start,
    summary,
)

# The first page of a cohort; only its own country's researchers reach it. Its other pages are the survey's.
COHORT = "sites/<int:site_id>/cohorts/<int:cohort_id>/"
# The pages of a country's key, for the same people.
KEYS = "sites/<int:site_id>/keys/"

urlpatterns = [
    path("", home.desk, name="desk"),
    path("comparisons/new/<slug:slug>/", start.new_comparison, name="new-comparison"),
    path("comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
    path("comparisons/<int:pk>/again/", comparisons.try_again, name="comparison-again"),
    path("comparisons/<int:pk>/check/", checking.figures, name="comparison-check"),
    path("comparisons/<int:pk>/check/figures.csv", checking.template, name="comparison-check-template"),
    path("comparisons/<int:pk>/cancel/", comparisons.cancel, name="comparison-cancel"),
    path("comparisons/<int:pk>/history/", history.of_comparison, name="comparison-history"),
    path("studies/<slug:slug>/comparisons/", history.of_study, name="study-runs"),
    path("studies/<slug:slug>/changes/", changes.page, name="changes"),
    path("studies/<slug:slug>/changes/csv/", changes.file, name="changes-file"),
    path("comparisons/<int:pk>/summary/", summary.summary, name="summary"),
    path("comparisons/<int:pk>/summary/document/", summary.document, name="summary-document"),
    path("comparisons/<int:pk>/summary/template/", summary.blank, name="summary-template"),
    path("comparisons/<int:pk>/<slug:kind>/", results.download, name="comparison-file"),
    path(COHORT, fieldwork.overview, name="cohort"),
    path(f"{COHORT}look/", fieldwork.look, name="cohort-look"),
    path(f"{COHORT}cut/", cutting.step, {"name": "cut"}, name="cohort-cut"),
    path(f"{COHORT}release/", returning.release, name="cohort-release"),
    path(f"{COHORT}freeze/", cutting.step, {"name": "freeze"}, name="cohort-freeze"),
    path(f"{COHORT}unfreeze/", cutting.step, {"name": "unfreeze"}, name="cohort-unfreeze"),
    path(f"{COHORT}unfreeze/answer/", cutting.answer, name="cohort-unfreeze-answer"),
    path(f"{COHORT}data/", microdata.requests, name="cohort-microdata"),
    path(f"{COHORT}data/codebook/", codebook.of_cohort, name="cohort-codebook"),
    path(f"{COHORT}data/<int:request_id>/", microdata.request_page, name="microdata"),
    path(f"{COHORT}data/<int:request_id>/file/", microdata.file, name="microdata-file"),
    path(KEYS, keys.status, name="site-keys"),
    path(f"{KEYS}unlock/", keys.unlock, name="key-unlock"),
    path(f"{KEYS}lock/", keys.lock, name="key-lock"),
    path(f"{KEYS}own/", keys.own, name="key-own"),
    path(f"{KEYS}own/confirm/", keys.confirm, name="key-own-confirm"),
    path(f"{KEYS}people/<int:holder_id>/", keys.holder, name="key-holder"),
    path(f"{KEYS}change/", custody.rotate, name="key-rotate"),
    path(f"{KEYS}hand-over/", custody.hand_over, name="key-hand-over"),
    path(f"{KEYS}erase/", custody.erase, name="key-erase"),
    path("studies/<slug:slug>/", overview.study, name="study"),
    path("studies/<slug:slug>/codebook/", codebook.of_study, name="codebook"),
    path("studies/<slug:slug>/codebook/<slug:kind>/", codebook.file, name="codebook-file"),
    path("studies/<slug:slug>/table/", own_tables.own_table, name="own-table"),
    path("studies/<slug:slug>/plans/", own_tables.plans, name="plans"),
    path("studies/<slug:slug>/plans/<int:number>/<slug:kind>/", own_tables.plan_sheet, name="plan-sheet"),
    path("studies/<slug:slug>/deviations/", overview.deviations, name="deviations"),
]
