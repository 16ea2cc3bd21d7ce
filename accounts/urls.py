"""Addresses under /desk/ that belong to no report or cohort."""

from django.urls import path

from accounts.views import administration, enrolling, own, signing

urlpatterns = [
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("sign-in/code/", signing.code, name="sign-in-code"),
    path("language/", signing.choose_language, name="choose-language"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("signed-out/", signing.signed_out, name="signed-out"),
    path("join/<str:token>/", enrolling.join, name="join"),
    path("enrol/", enrolling.enrol, name="enrol"),
    path("account/", own.account, name="account"),
    path("account/password/", own.password, name="account-password"),
    path("account/codes/", own.new_codes, name="account-codes"),
    path("account/codes/shown/", enrolling.backup_codes, name="backup-codes"),
    path("account/phone/", own.new_phone, name="account-phone"),
    path("account/end-others/", own.end_others, name="account-end-others"),
    path("accounts/", administration.accounts, name="accounts"),
    path("accounts/new/", administration.invite, name="account-new"),
    path("accounts/<int:person>/", administration.person, name="account-of"),
    path("accounts/<int:person>/link/", administration.link, name="account-link"),
    path("accounts/<int:person>/<slug:act>/", administration.act, name="account-act"),
]
