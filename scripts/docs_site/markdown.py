"""A document to HTML: what GitHub shows, with the same anchors, so that links are right in both places."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

FORMATTER = HtmlFormatter(nowrap=True)
PLAIN = ("", "text", "csv")
"""Languages that nothing is coloured in."""

Resolve = Callable[[str], str]
"""What a link or a picture of the document is called in the site."""
Picture = Callable[[str], str | None]
"""The drawing to put in the place of a picture, if it is one of ours."""


@dataclass
class Heading:
    level: int
    text: str
    anchor: str


@dataclass
class Section:
    """What stands between two headings, for the search."""

    anchor: str
    title: str
    words: list[str] = field(default_factory=list)


@dataclass
class Document:
    title: str
    html: str
    headings: list[Heading]
    sections: list[Section]


class Anchors:
    """Names of headings as GitHub makes them, each once."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    def name(self, heading: str) -> str:
        kept = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        count = self._taken[kept]
        self._taken[kept] += 1
        return f"{kept}-{count}" if count else kept


def render(text: str, resolve: Resolve = str, picture: Picture = lambda _: None) -> Document:
    """The document. Raw HTML is shown as text: a document is words, not markup."""
    reader = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    tokens = reader.parse(text)
    headings = _name_headings(tokens)
    sections = _sections(tokens, headings)
    _point_links(tokens, resolve, picture)
    html = _framed(reader.renderer.render(_drawn(tokens), reader.options, {}))
    title = headings[0].text if headings else ""
    return Document(title, html, headings, sections)


def _name_headings(tokens: Sequence[Token]) -> list[Heading]:
    anchors, found = Anchors(), []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            said = plain(tokens[at + 1])
            heading = Heading(int(token.tag[1]), said, anchors.name(said))
            token.attrSet("id", heading.anchor)
            found.append(heading)
    return found


def plain(inline: Token) -> str:
    """The words of a heading or paragraph, without markup."""
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in inline.children or ()
        if child.type in ("text", "code_inline", "softbreak", "hardbreak")
    )


def _sections(tokens: Sequence[Token], headings: Sequence[Heading]) -> list[Section]:
    found: list[Section] = []
    named = iter(headings)
    inside = False
    for token in tokens:
        if token.type == "heading_open":
            heading = next(named)
            found.append(Section(heading.anchor, heading.text))
            inside = True
        elif token.type == "heading_close":
            inside = False
        elif token.type == "inline" and not inside and found:
            found[-1].words.append(plain(token))
        elif token.type in ("fence", "code_block") and found:
            found[-1].words.append(token.content)
    return found


def _point_links(tokens: Sequence[Token], resolve: Resolve, picture: Picture) -> None:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", resolve(str(child.attrGet("href"))))
            elif child.type == "image":
                source = str(child.attrGet("src"))
                drawing = picture(source)
                said = child.content
                if drawing is None:
                    child.attrSet("src", resolve(source))
                    child.attrSet("loading", "lazy")
                    continue
                child.type, child.tag = "html_inline", ""
                child.content = _pictured(drawing, said)


def _drawn(tokens: Sequence[Token]) -> list[Token]:
    """Code coloured, and framed so that what is too wide scrolls by itself, by keyboard too."""
    return [
        Token("html_block", "", 0, content=_code(token)) if token.type in ("fence", "code_block") else token
        for token in tokens
    ]


def _code(token: Token) -> str:
    language, _, rest = token.info.strip().partition(" ")
    name = re.match(r"title=(\S+)", rest)
    code = token.content
    if language in PLAIN:
        shown = escape(code)
    else:
        try:
            shown = highlight(code, get_lexer_by_name(language), FORMATTER)
        except ClassNotFound:
            raise ValueError(f"nobody knows the language {language!r} of a block of code") from None
    caption = f"<figcaption><code>{escape(name[1])}</code></figcaption>" if name else ""
    what = f"Code: {name[1]}" if name else "Code"
    pre = f'<pre tabindex="0" role="group" aria-label="{escape(what)}"><code>{shown}</code></pre>'
    return f'<figure class="code {language or "text"}">{caption}{pre}</figure>\n'


def _pictured(svg: str, said: str) -> str:
    """A picture that narrow screens scroll instead of shrinking its words beyond reading."""
    named = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(said)}" ', 1)
    return f'<span class="scroll frame" tabindex="0" role="group" aria-label="Picture">{named}</span>'


def _framed(html: str) -> str:
    framed = '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>'
    return html.replace("<table>", framed).replace("</table>", "</table></div>")
