"""Addresses of participants: a link, a code, the way out, and one address for everything else."""

from django.urls import path

from survey.views import (
    arriving,
    batches,
    code,
    cohorts,
    entry,
    invitations,
    leaving,
    open_link,
    papers,
    participant,
    participants,
    quality,
)

# Where the pages of one cohort are; only its own country's researchers reach them.
COHORT = "desk/sites/<int:site_id>/cohorts/<int:cohort_id>/"
BATCH = f"{COHORT}invitations/<int:number>/"

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
    path(f"{COHORT}participants/", participants.registry, name="participants"),
    path(f"{COHORT}participants/new/", participants.add, name="participant-new"),
    path(f"{COHORT}participants/added/", participants.added, name="participants-added"),
    path(f"{COHORT}participants/attributions/", participants.attributions, name="attributions"),
    path(f"{COHORT}participants/<int:number>/", participants.participant, name="participant"),
    path(f"{COHORT}participants/<int:number>/edit/", participants.edit, name="participant-edit"),
    path(f"{COHORT}participants/<int:number>/remove/", participants.remove, name="participant-remove"),
    path(f"{COHORT}responses/", quality.responses, name="responses"),
    path(f"{COHORT}responses/<int:flag_id>/exclude/", quality.exclude, name="response-exclude"),
    path(f"{COHORT}responses/<int:flag_id>/put-back/", quality.put_back, name="response-put-back"),
    path(f"{COHORT}paper/", batches.index, name="cohort-paper"),
    path(f"{COHORT}paper/print/<slug:language>/", batches.sheet_to_print, name="cohort-paper-print"),
    path(f"{COHORT}paper/<int:batch>/", batches.batch, name="paper-batch"),
    path(f"{COHORT}paper/<int:batch>/<int:number>/", batches.sheet, name="paper-sheet"),
    path(f"{COHORT}paper/<int:batch>/<int:number>/enter/", entry.enter, name="paper-enter"),
    path(f"{COHORT}paper/<int:batch>/<int:number>/settle/", entry.settle, name="paper-settle"),
    path(f"{COHORT}settings/", cohorts.settings, name="cohort-settings"),
    path(f"{COHORT}state/<slug:to>/", cohorts.state, name="cohort-state"),
    path(f"{COHORT}invitations/", invitations.index, name="cohort-invitations"),
    path(f"{COHORT}invitations/new/", invitations.new, name="invitations-new"),
    path(BATCH, invitations.batch, name="invitation-batch"),
    path(f"{BATCH}slips/<int:part>/", invitations.slips, name="invitation-slips"),
    path(f"{BATCH}messages/", invitations.messages, name="invitation-messages"),
    path(f"{BATCH}forget/", invitations.forget, name="invitation-forget"),
    path(f"{BATCH}withdraw/", invitations.withdraw, name="invitation-withdraw"),
    path(f"{BATCH}reissue/", invitations.reissue, name="invitation-reissue"),
    path(f"{COHORT}link/", open_link.link, name="cohort-link"),
    path(f"{COHORT}link/poster/", open_link.poster, name="cohort-link-poster"),
    path(f"{COHORT}link/forget/", open_link.forget, name="cohort-link-forget"),
    path(f"{COHORT}link/<slug:do>/", open_link.change, name="cohort-link-change"),
]
