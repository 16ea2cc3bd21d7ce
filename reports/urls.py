"""Addresses of the coordinator's pages, under /desk/."""

from django.urls import path

from reports.views import comparisons, home, results, start

urlpatterns = [
    path("", home.home, name="desk"),
    path("comparisons/new/<slug:slug>/", start.new_comparison, name="new-comparison"),
    path("comparisons/<int:pk>/", comparisons.comparison, name="comparison"),
    path("comparisons/<int:pk>/again/", comparisons.try_again, name="comparison-again"),
    path("comparisons/<int:pk>/<slug:kind>/", results.download, name="comparison-file"),
]
