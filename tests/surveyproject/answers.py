"""What is wrong with an answer of the program, whoever gets it: headers, cookies, what a page could load or run."""

import re
from typing import Any

from django.http.response import HttpResponseBase

from surveyproject.headers import HEADERS

# Beside the headers that every answer has.
ALLOWED = {"Cache-Control", "Content-Type", "Content-Length", "Content-Language", "Content-Disposition", "Vary"}
ALLOWED |= {"Location", "Refresh", "Retry-After", "Allow", "Clear-Site-Data"}
ELSEWHERE = re.compile(r'(?:src|href|action|content|srcset|poster|data)="\s*(?:[a-z]+:)?//[^"]*', re.IGNORECASE)
RUNS = re.compile(r"<script|<style|<iframe|<object|<embed|\son\w+\s*=|\sstyle\s*=|javascript:", re.IGNORECASE)


def faults(response: HttpResponseBase, **more: str) -> list[str]:
    """One line for each; `more` are headers that are due too, with `_` for `-`."""
    due = {**HEADERS, "Cache-Control": "no-store", **{name.replace("_", "-"): value for name, value in more.items()}}
    found = [f"{name}: {response.get(name)}" for name, value in due.items() if response.get(name) != value]
    found += [f"{name}: not known" for name in set(response.headers) - ALLOWED - set(due)]
    return found + _of_cookies(response) + _of_the_page(response)


def _of_cookies(response: Any) -> list[str]:
    names = list(response.cookies)
    return [f"cookies: {names}"] if set(names) - {"s", "__Host-s"} or len(names) > 1 else []


def _of_the_page(response: Any) -> list[str]:
    if not response.get("Content-Type", "").startswith("text/html"):
        return []
    page = response.content.decode()
    return [*ELSEWHERE.findall(page), *RUNS.findall(page)]
