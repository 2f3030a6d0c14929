"""People at their browsers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.stories.house import House

expect.set_options(timeout=15_000)


@dataclass
class Desk:
    """Signs people in, each with a browser profile of their own."""

    browser: Browser
    house: House
    complaints: list[str] = field(default_factory=list)
    _started: list[str] = field(default_factory=list)
    _profiles: dict[tuple[Any, ...], BrowserContext] = field(default_factory=dict)

    def page(self, name: str, path: str = "/sessions", **options: Any) -> Page:
        """A page as this person; `options` are those of a browser profile."""
        key = (name, *sorted((k, str(v)) for k, v in options.items()))
        if key not in self._profiles:
            self._profiles[key] = self._sign_in(name, options)
        page = self._profiles[key].new_page()
        self._listen(page)
        page.goto(self.house.url + path)
        if options.get("java_script_enabled", True):
            expect(page.locator("[data-island=keys][data-mounted]")).to_be_attached()
        return page

    def start(self, name: str, **body: Any) -> str:
        """A session of alice's; whatever still runs in it at the end is stopped."""
        made = self.house.alice.session(name, **body)
        self._started.append(made)
        return made

    def watch(self, name: str, session: str, **options: Any) -> Page:
        """The page of a session, when its stream is connected."""
        page = self.page(name, f"/sessions/{session}", **options)
        expect(page.locator(".session[data-link=live]")).to_be_visible()
        return page

    def close(self) -> None:
        """Close every profile and leave no run behind."""
        for session in self._started:
            self.house.alice.post(f"/sessions/{session}/cancel")
        for profile in self._profiles.values():
            profile.close()

    def _sign_in(self, name: str, options: dict[str, Any]) -> BrowserContext:
        given = {"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options}
        profile = self.browser.new_context(**given)
        person = self.house.people[name]
        page = profile.new_page()
        self._listen(page)
        page.goto(f"{self.house.url}/sign-in")
        page.locator("[name=username]").fill(person.username)
        page.locator("[name=password]").fill(person.password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/sessions")
        page.close()
        return profile

    def _listen(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        # Chromium itself reports every refused request; refusals are tested by what the page says.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)
