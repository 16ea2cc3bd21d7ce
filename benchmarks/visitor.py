"""A person with a browser that runs no scripts: opens a page, fills in its main form, presses its main button."""

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPResponse
from http.cookiejar import CookieJar

SECONDS = 20


@dataclass
class Page:
    address: str
    status: int
    text: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    action: str = ""


class Visitor:
    """Keeps cookies and the page in front of it. Raises OSError when the server does not answer."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def open(self, path: str) -> Page:
        return self._ask(urllib.parse.urljoin(self.origin, path), None)

    def press(self, page: Page, values: dict[str, str] | None = None) -> Page:
        """Send the page's form as it stands, with these values typed into it."""
        filled = {**page.fields, **{name: [value] for name, value in (values or {}).items()}}
        body = urllib.parse.urlencode(filled, doseq=True).encode()
        return self._ask(urllib.parse.urljoin(page.address, page.action), body)

    def press_without_button(self, page: Page, values: dict[str, str]) -> Page:
        """Send the page's form by another button than its main one."""
        fields = {name: value for name, value in page.fields.items() if name != "_do"}
        return self.press(Page(page.address, page.status, page.text, fields, page.texts, page.action), values)

    def _ask(self, address: str, body: bytes | None) -> Page:
        headers = {"Origin": self.origin, "Referer": address}
        request = urllib.request.Request(address, data=body, headers=headers)
        try:
            answer: HTTPResponse = self.opener.open(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            answer = error  # type: ignore[assignment]
        with answer:
            page = Page(answer.url or address, answer.status, answer.read().decode())
        _FormReader(page).feed(page.text)
        return page


class _FormReader(HTMLParser):
    """The form that holds the main button: its hidden fields, what is ticked in it, its text fields."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.fields: dict[str, list[str]] = {}
        self.texts: list[str] = []
        self.action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.fields, self.texts, self.action = {}, [], values.get("action", "")
        elif tag == "textarea":
            self.texts.append(values["name"])
        elif tag == "input" and values.get("name"):
            self._input(values)
        elif tag == "button" and values.get("class") == "go" and not self.page.fields:
            if values.get("name"):
                self.fields.setdefault(values["name"], []).append(values.get("value", ""))
            self.page.fields, self.page.texts, self.page.action = self.fields, self.texts, self.action

    def _input(self, values: dict[str, str]) -> None:
        box = values.get("type") in ("radio", "checkbox")
        if not box or "checked" in values:
            self.fields.setdefault(values["name"], []).append(values.get("value", "on" if box else ""))
