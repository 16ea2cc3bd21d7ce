"""Addresses of the coordinator's pages."""

from django.urls import path

from reports.views import comparisons, home, results, start

app_name = "reports"
urlpatterns = [
    path("", home.home, name="home"),
    path("comparisons/new/<slug:slug>/", start.new_comparison, name="new"),
    path("comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
    path("comparisons/<int:pk>/again/", comparisons.try_again, name="again"),
    path("comparisons/<int:pk>/<slug:kind>/", results.download, name="download"),
]
