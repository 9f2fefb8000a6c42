"""Reading pages as a browser would, far enough to hold them to rules."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx


@dataclass
class Element:
    name: str
    attributes: dict[str, str]
    text: str = ""
    """Its own and that of what is in it."""


@dataclass
class Document:
    """The elements of a page, in their order."""

    elements: list[Element] = field(default_factory=list)

    def named(self, name: str) -> list[Element]:
        return [one for one in self.elements if one.name == name]

    def by_id(self, identifier: str) -> Element:
        [found] = [one for one in self.elements if one.attributes.get("id") == identifier]
        return found

    def links(self) -> list[str]:
        return [one.attributes["href"] for one in self.named("a")]

    def rows(self) -> list[str]:
        """The text of the rows of tables, headings left out."""
        return [one.text for one in self.named("tr") if "\n" in one.text or one.text][1:]


VOID = {"meta", "link", "input", "br", "hr", "img", "use"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.document = Document()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.document.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.document.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(text: str) -> Document:
    """The page; its tags must be closed in their order, attributes must not be there twice."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open, [one.name for one in reader.open]
    return reader.document


def whole(answered: httpx.Response) -> Document:
    """The page, which has nothing inline and nothing from elsewhere, and in which what is referred to is."""
    assert answered.headers["content-type"] == "text/html; charset=utf-8"
    policy = answered.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    page = read(answered.text)
    for element in page.elements:
        assert not [one for one in element.attributes if one == "style" or one.startswith("on")], element
        for attribute in ("src", "href", "action", "hx-get", "hx-post"):
            assert not urlsplit(element.attributes.get(attribute, "")).netloc, element
    for script in page.named("script"):
        assert "src" in script.attributes or script.attributes["type"] == "application/json"
    assert not page.named("style")
    identifiers = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(identifiers) == len(set(identifiers))
    assert len(page.named("h1")) == len(page.named("main")) == 1
    assert page.named("title")[0].text.endswith("SynIB")
    for element in page.elements:
        for attribute in ("aria-labelledby", "aria-describedby", "for"):
            for name in element.attributes.get(attribute, "").split():
                assert name in identifiers, element
    return page
