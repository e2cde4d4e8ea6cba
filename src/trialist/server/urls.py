"""Addresses. What a page of the trial is called stands in `views/urls.py`, the API's in `api/`."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from trialist.server.api import api
from trialist.server.views import accounts, assets, errors, session

urlpatterns = [
    path("assets/<str:mark>/<str:name>", assets.asset, name="asset"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-in/code/", session.code, name="sign-in-code"),
    path("sign-in/password/", session.new_password, name="sign-in-password"),
    path("sign-in/second-factor/", session.enroll, name="sign-in-enroll"),
    path("sign-in/recovery-codes/", session.recovery, name="sign-in-recovery"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("language/", session.language, name="language"),
    path("role/", session.role, name="role"),
    path("accounts/", accounts.everybody, name="accounts"),
    path("accounts/<str:name>/reset/", accounts.reset, name="account-reset"),
    path("accounts/<str:name>/close/", accounts.close, name="account-close"),
    path("api/", api.urls),
    path("study/", include("trialist.server.views.study_urls")),
    path("", include("trialist.server.views.urls")),
]
if settings.TRIALIST_GALLERY:
    from trialist.server.views import gallery

    urlpatterns.append(path("gallery/", gallery.gallery, name="gallery"))

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
