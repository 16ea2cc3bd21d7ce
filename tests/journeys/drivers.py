"""Chromium and Firefox behind the few things that a journey does, with scripts switched off in both.

Playwright cannot drive a Firefox of the distribution; WebDriver BiDi over its own port can.
"""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import websocket
from playwright.sync_api import Error

NEUTRAL = "<p>neutral</p>"
PATIENCE_SECONDS = 60
_PREFERENCES = {
    "javascript.enabled": False,
    "remote.active-protocols": 1,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}


_SCROLL = "node => node.scrollIntoView({block: 'center', behavior: 'instant'})"
_LOOK = """node => {
    const box = node.getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return seen === node || node.contains(seen);
}"""


class Driver(Protocol):
    """One window. Every method that leads to another page returns when that page has loaded."""

    def goto(self, address: str) -> None: ...
    def click(self, selector: str) -> None: ...
    def back(self) -> None: ...
    def leave(self) -> None: ...
    def check(self, selector: str) -> None:
        """Tick everything that the selector finds."""

    def fill(self, selector: str, text: str) -> None: ...
    def count(self, selector: str) -> int: ...
    def words(self, selector: str = "body") -> str: ...
    def direction(self) -> str: ...
    def elsewhere(self) -> "Driver":
        """Another device; this one is switched off."""


class Chromium:
    """A page of Playwright's, whose neutral sites answer from here."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.page = browser.new_context(
            java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="en"
        ).new_page()
        self.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page.route("https://**", lambda route: route.fulfill(status=200, content_type="text/html", body=NEUTRAL))

    def goto(self, address: str) -> None:
        self.page.goto(address)

    def click(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def back(self) -> None:
        self.page.go_back()

    def leave(self) -> None:
        self.page.click("a.exit")
        # Where redirects cannot be answered from here, the way out ends at a host that no test machine finds.
        with suppress(Error):
            self.page.wait_for_url("https://**")
        self.page.wait_for_timeout(500)

    def check(self, selector: str) -> None:
        for box in self.page.locator(selector).element_handles():
            box.check()

    def fill(self, selector: str, text: str) -> None:
        self.page.fill(selector, text)

    def count(self, selector: str) -> int:
        return int(self.page.locator(selector).count())

    def words(self, selector: str = "body") -> str:
        return str(self.page.inner_text(selector))

    def direction(self) -> str:
        return str(self.page.locator("html").get_attribute("dir"))

    def close(self) -> None:
        self.page.context.close()

    def elsewhere(self) -> "Chromium":
        self.close()
        return Chromium(self.browser)


class Bidi:
    """A running Firefox and the line to it. Requests to other hosts are answered from here."""

    def __init__(self, program: str, profile: Path) -> None:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items()]
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
        self.process = subprocess.Popen(
            [*command, "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "MOZ_CRASHREPORTER_DISABLE": "1"},
        )
        assert self.process.stderr is not None
        found = (re.search(r"WebDriver BiDi listening on (ws://\S+)", line) for line in self.process.stderr)
        address = next(match.group(1) for match in found if match)
        self.line = websocket.create_connection(f"{address}/session", suppress_origin=True, timeout=PATIENCE_SECONDS)
        self.number = 0
        self.events: list[Mapping[str, Any]] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["browsingContext.load", "network.beforeRequestSent"])
        pattern = {"type": "pattern", "protocol": "https"}
        self.call("network.addIntercept", phases=["beforeRequestSent"], urlPatterns=[pattern])

    def call(self, method: str, **values: Any) -> Mapping[str, Any]:
        number = self._send(method, values)
        while True:
            heard = self._hear()
            if heard.get("id") == number:
                assert heard["type"] != "error", heard
                found: Mapping[str, Any] = heard["result"]
                return found

    def wait_for_load(self, context: str, wanted: Callable[[str], bool] = lambda address: True) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            for event in self.events:
                if event["context"] == context and wanted(event["url"]):
                    self.events.clear()
                    return
            self.events.clear()
            assert time.monotonic() < end, "the page did not load"
            self._hear()

    def _send(self, method: str, values: Mapping[str, Any]) -> int:
        self.number += 1
        self.line.send(json.dumps({"id": self.number, "method": method, "params": values}))
        return self.number

    def _hear(self) -> Mapping[str, Any]:
        heard: Mapping[str, Any] = json.loads(self.line.recv())
        if heard.get("method") == "browsingContext.load":
            self.events.append(heard["params"])
        elif heard.get("method") == "network.beforeRequestSent" and heard["params"]["isBlocked"]:
            header = {"name": "Content-Type", "value": {"type": "string", "value": "text/html"}}
            body = {"type": "string", "value": NEUTRAL}
            answer = {"request": heard["params"]["request"]["request"], "statusCode": 200}
            self._send("network.provideResponse", {**answer, "headers": [header], "body": body})
        return heard

    def end(self) -> None:
        self.line.close()
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)


class Firefox:
    """A window with stores of its own. The inspection's expressions run although the page's scripts do not."""

    def __init__(self, bidi: Bidi) -> None:
        self.bidi = bidi
        self.user = bidi.call("browser.createUserContext")["userContext"]
        self.context = bidi.call("browsingContext.create", type="tab", userContext=self.user)["context"]
        bidi.call("browsingContext.setViewport", context=self.context, viewport={"width": 360, "height": 740})

    def goto(self, address: str) -> None:
        self.bidi.call("browsingContext.navigate", context=self.context, url=address, wait="complete")
        self.bidi.events.clear()

    def click(self, selector: str) -> None:
        self._press(selector)
        self.bidi.wait_for_load(self.context)

    def back(self) -> None:
        self.bidi.call("browsingContext.traverseHistory", context=self.context, delta=-1)
        time.sleep(0.5)
        self.bidi.events.clear()

    def leave(self) -> None:
        self._press("a.exit")
        self.bidi.wait_for_load(self.context, lambda address: address.startswith("https:"))

    def check(self, selector: str) -> None:
        for node in self._nodes(selector):
            self._press_node(node)

    def fill(self, selector: str, text: str) -> None:
        self._press(selector)
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": keys})

    def count(self, selector: str) -> int:
        return int(self._evaluate(f"document.querySelectorAll({json.dumps(selector)}).length"))

    def words(self, selector: str = "body") -> str:
        return str(self._evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def direction(self) -> str:
        return str(self._evaluate("document.documentElement.dir"))

    def close(self) -> None:
        self.bidi.call("browser.removeUserContext", userContext=self.user)

    def elsewhere(self) -> "Firefox":
        self.close()
        return Firefox(self.bidi)

    def _nodes(self, selector: str) -> list[Mapping[str, str]]:
        locator = {"type": "css", "value": selector}
        found = self.bidi.call("browsingContext.locateNodes", context=self.context, locator=locator)
        return [{"sharedId": node["sharedId"]} for node in found["nodes"]]

    def _press(self, selector: str) -> None:
        self._press_node(self._nodes(selector)[0])

    def _press_node(self, node: Mapping[str, str]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        # Typing scrolls on its own a moment later: press when the node is seen where the finger goes, not before.
        while not self._sees(node):
            assert time.monotonic() < end, "the node cannot be pressed"
            time.sleep(0.05)
        origin = {"type": "element", "element": node}
        move = {"type": "pointerMove", "x": 0, "y": 0, "origin": origin}
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        self._act({"type": "pointer", "id": "mouse", "actions": [move, down, up]})

    def _sees(self, node: Mapping[str, str]) -> bool:
        self._ask(_SCROLL, node)
        time.sleep(0.03)
        return bool(self._ask(_LOOK, node))

    def _ask(self, function: str, node: Mapping[str, str]) -> Any:
        answer = self.bidi.call(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[node],
            target={"context": self.context},
            awaitPromise=False,
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def _act(self, actions: Mapping[str, Any]) -> None:
        self.bidi.call("input.performActions", context=self.context, actions=[actions])

    def _evaluate(self, expression: str) -> Any:
        answer = self.bidi.call(
            "script.evaluate", expression=expression, target={"context": self.context}, awaitPromise=False
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")
