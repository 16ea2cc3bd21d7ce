"""Somebody who answers through the pages, patiently: presses again when the line is cut or the page says to wait."""

import re
import time
from dataclasses import dataclass

from benchmarks.findings import FOR_EVER
from benchmarks.stage import Stage
from benchmarks.visitor import Page, Visitor

MOST_PAGES = 100
PAUSE = 0.05
SUBMIT = ["submit"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in the text fields of a page."""

    shown_texts: tuple[str, ...]


class Person:
    """Types a text that nobody else types into every text field, so that their answers can be told from all others."""

    def __init__(self, stage: Stage, link: str, mark: str) -> None:
        self.visitor, self.mark = Visitor(f"http://127.0.0.1:{stage.port}"), mark
        self.typed: set[str] = set()
        self.cut_off = self.thanked = self.lost_draft = False
        self.told, self.bare = 0, list[str]()
        self.page = self.visitor.open(link)

    @property
    def texts_typed(self) -> int:
        return len(self.typed)

    def at_review(self) -> "Person":
        """Answer until the review, and stop there."""
        for _ in range(MOST_PAGES):
            if self.page.fields.get("_do") == SUBMIT or self.lost_draft:
                return self
            self._onward()
        raise AssertionError(self.page.text)

    def at_text(self) -> "Person":
        """Answer until the first page with a text field, and stop there."""
        while not self.page.texts:
            self._onward()
        return self

    def finish(self) -> None:
        """All the way from the link to the receipt, whatever happens."""
        self.at_review()
        if not self.lost_draft:
            self.send()

    def send(self) -> None:
        """Press “send” until there is an answer."""
        page = self._press(self.page, {})
        self.thanked = self.thanked or (page is not None and page.status == 200 and not page.fields)

    def _onward(self) -> None:
        agreed = {"agree": "on"} if self.page.fields.get("_do") == ["start"] else {}
        self.typed |= set(self.page.texts)
        page = self._press(self.page, dict.fromkeys(self.page.texts, self.mark) | agreed)
        self.lost_draft = page is None or not page.fields
        self.page = page or self.page

    def _press(self, page: Page, values: dict[str, str]) -> Page | None:
        """The page that comes of it in the end; None when the server never answers."""
        end = time.monotonic() + FOR_EVER
        step, filled = page, {**page.fields, **{name: [value] for name, value in values.items()}}
        step = Page(page.address, page.status, page.text, filled, page.texts, page.action)
        while time.monotonic() < end:
            try:
                found = self.visitor.press(step) if step.fields else self.visitor.open("/")
            except OSError:
                self.cut_off = True
                time.sleep(PAUSE)
                continue
            if found.status in (200, 410, 422):
                return found
            self.told += found.status == 503
            self.bare += [f"{found.status} {_title(found)}"] if found.status != 503 else []
            # The page's own button sends again what was typed; without one, the page is opened again.
            step = found
            time.sleep(PAUSE)
        return None

    # Two windows ------------------------------------------------------------------------------------------------------

    def press_with(self, page: Page, text: str) -> Page:
        """Save a page of any window with this text in its text fields."""
        return self.visitor.press(page, dict.fromkeys(page.texts, text))

    def back_at(self, page: Page) -> Shown:
        """Go back to where a page was made for, as it is stored now; it is the page in front of the person then."""
        found = self.visitor.open("/")
        while found.fields["_at"] != page.fields["_at"]:
            found = self.visitor.press_without_button(found, {"_do": "back"})
        self.page = found
        return Shown(tuple(text.strip() for text in re.findall(r"<textarea[^>]*>([^<]*)</textarea>", found.text)))


def _title(page: Page) -> str:
    return next(iter(re.findall(r"<h1>([^<]*)", page.text)), "")


def told_stale(page: Page, text: str) -> bool:
    """Whether a page says that another window has saved meanwhile, and still shows what was typed here."""
    return 'role="alert"' in page.text and text in page.text
