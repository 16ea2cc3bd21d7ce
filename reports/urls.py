"""Addresses of the coordinator's pages."""

from django.urls import path

from reports.views import comparisons, home, results, start

app_name = "reports"
urlpatterns = [
    path("desk/", home.home, name="home"),
    path("desk/comparisons/new/<slug:slug>/", start.new_comparison, name="new"),
    path("desk/comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
    path("desk/comparisons/<int:pk>/again/", comparisons.try_again, name="again"),
    path("desk/comparisons/<int:pk>/<slug:kind>/", results.download, name="download"),
]
