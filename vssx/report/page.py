"""Makes a page: one self-contained HTML file, from a template in ``templates/`` and values.

How to use it::

    page = Page(language=Language.FRENCH, times=PageTime("Europe/Paris"))
    data = page.render("sheet.html.j2", styles=("page.css", "sheet.css"), title=..., sheet=...)

A template begins with ``{% extends "base.html.j2" %}`` and fills the blocks ``title``, ``body`` (header, main and
footer; ``<main id="content" tabindex="-1">`` is where the skip link leads); see there. What may stand in it:

- ``{{ _("Text") }}``, ``{{ _("%(n)s files in %(camera)s", n=3, camera=recording.camera) }}`` and
  ``{{ ngettext("%(count)s file", "%(count)s files", n) }}``: English, without markup; every one is translated in
  ``locale/fr/AREA.po`` and ``locale/de/AREA.po`` (a test fails else; add a file for your area, ``python -m
  tests.unit.report.messages fr`` prints what is missing). Their values are escaped and made visible; Markup, such as
  ``code(...)``, stays as it is. In Python code the same by a parameter ``_: Translator``; ``marked("Text")``
  marks what is translated elsewhere. ``_.text(...)`` is plain text (for a PDF, for a script).
- ``{{ text | seen }}``: a text from outside (recorder, CSV, event, operator): escaped, what nobody sees as
  ``\\u{hex}``, at most 1000 characters, in a bdi element. Any string that is written without it is still escaped and
  made visible (not isolated): that is for attributes.
- ``{{ text | english }}``: the same for English sentences out of the record: translated where vssx always writes the
  same (``record_words.SENTENCES``), else marked ``lang="en"`` on other pages.
- ``{{ ns | utc }}`` a time in UTC, ``{{ ns | time }}`` the same and local time where the zone is known,
  ``{{ text | from_record }}`` makes ns of a time of the record (None of null),
  ``{{ ns | local }}`` local time alone ("" without a zone); ``{{ ns | duration }}``; ``{{ size | octets }}``;
  ``{{ hex | digest }}``; ``{{ hex | fingerprint }}``;
  ``{{ path | href }}`` a path in the bag as a relative URL for an attribute;
  ``{{ jpeg | data_uri("image/jpeg") }}``; ``{{ value | tojson }}`` in ``<script type="application/json">``;
  ``{{ code("vssx verify") }}``.
- globals ``language``, ``zone`` (None: not known), ``version`` (of vssx).

Macros of other templates see all of these too: ``{% from "timeline.svg.j2" import timeline %}``.

The Content-Security-Policy lets nothing in but the page's own styles and scripts, by their SHA-256, and pictures in
data: URIs: so no ``style=`` and no ``on...=`` anywhere (classes and SVG presentation attributes instead), no style or
script element in a template. ``styles`` and ``scripts`` name files beside the templates; ``scripts`` stand at the end
of the body. ``allow`` adds directives, e.g. ``{"media-src": "file: blob:"}``. Colours, tables and the print layout are
in ``page.css``, by custom properties (``var(--ink)``, ``var(--ground)``, ``var(--recorded)``, ...).
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup, escape

from vssx import __version__
from vssx.errors import HandoverError
from vssx.report.language import Language, Translator, clipped, marked
from vssx.report.page_time import PageTime
from vssx.report.record_words import SENTENCES
from vssx.shown import shown_fingerprint
from vssx.times import NS, from_xs_datetime

if TYPE_CHECKING:
    from jinja2 import Environment

COMMON_STYLE = "page.css"
_UNITS = (marked("kB"), marked("MB"), marked("GB"), marked("TB"))


class Page:
    """The pages in one language, with local times in one zone. Raises UsageError for a zone that nobody knows."""

    def __init__(self, *, language: Language = Language.ENGLISH, times: PageTime | None = None) -> None:
        self.language = language
        self.times = times or PageTime(None)
        self.translate = Translator(language)
        self._environment = _environment(self.translate, self.times)

    def render(
        self,
        template: str,
        *,
        styles: Sequence[str] = (COMMON_STYLE,),
        scripts: Sequence[str] = (),
        allow: Mapping[str, str] | None = None,
        **values: object,
    ) -> bytes:
        """The page in UTF-8.

        ``styles``, ``scripts``: assets beside the templates, put into the page. ``allow``: directives of the
        Content-Security-Policy beyond the common ones.
        """
        css, js = tuple(map(asset, styles)), tuple(map(asset, scripts))
        page = self._environment.get_template(template).render(
            policy=content_security_policy(css, js, allow or {}),
            page_styles=tuple(map(Markup, css)),
            page_scripts=tuple(map(Markup, js)),
            **values,
        )
        return page.encode("utf-8", "replace")


def content_security_policy(styles: Sequence[str], scripts: Sequence[str], allow: Mapping[str, str]) -> str:
    """The policy of a page with these inline elements (Content Security Policy Level 3, 2.3.1: hash-source)."""
    directives = {"default-src": "'none'", "img-src": "data:"}
    if styles:
        directives["style-src"] = " ".join(map(_hash_source, styles))
    if scripts:
        directives["script-src"] = " ".join(map(_hash_source, scripts))
    directives |= {"base-uri": "'none'", "form-action": "'none'", **allow}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


@functools.cache
def asset(name: str) -> str:
    """The text of a file in ``templates/``, with line feeds only: the hash must be that of what the browser reads."""
    text = resources.files("vssx.report").joinpath("templates", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def seen(text: object) -> Markup:
    """A text from outside for the running text of a page."""
    return Markup("<bdi>{}</bdi>").format(escape(clipped(str(text))))


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _environment(translate: Translator, times: PageTime) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from vssx.report.compiled_templates import compiled_templates

    environment = Environment(
        loader=PackageLoader("vssx.report"),
        bytecode_cache=compiled_templates(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "seen": seen,
        "english": functools.partial(_english, translate=translate),
        "utc": times.utc,
        "time": times.both,
        "local": times.local,
        "from_record": _from_record,
        "duration": functools.partial(duration, translate),
        "octets": functools.partial(_octets, translate),
        "digest": _digest,
        "fingerprint": shown_fingerprint,
        "href": href,
        "data_uri": data_uri,
    }
    environment.globals |= {
        "_": translate,
        "ngettext": translate.plural,
        "language": str(translate.language),
        "zone": times.zone,
        "version": __version__,
        "code": _code,
    }
    return environment


def _fit(value: object) -> object:
    """What a template writes without a filter: nothing of it stays invisible."""
    if value is None:
        return "\u2013"
    return clipped(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _english(text: object, *, translate: Translator) -> Markup:
    if text in SENTENCES:
        return translate(str(text))
    if translate.language is Language.ENGLISH:
        return seen(text)
    return Markup('<bdi lang="en">{}</bdi>').format(escape(clipped(str(text))))


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(escape(clipped(text)))


def _from_record(text: str | None) -> int | None:
    try:
        return None if text is None else from_xs_datetime(text)
    except ValueError as error:
        raise HandoverError(
            f"holds a time that is none: {error}",
            where="handover.json",
            next_step="Check the handover with `vssx verify`.",
        ) from error


def _digest(hexadecimal: str) -> Markup:
    """A digest in one unbroken text, so that it can be searched and copied; the style lets it wrap."""
    return Markup('<code class="digest">{}</code>').format(escape(clipped(hexadecimal)))


def _octets(translate: Translator, size: int) -> Markup:
    """``1234567 bytes (1.2 MB)``, in powers of 1000."""
    whole = translate.plural("%(count)s byte", "%(count)s bytes", size)
    value, unit = float(size), ""
    for larger in _UNITS:
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return Markup("{} ({:.1f}&nbsp;{})").format(whole, value, translate(unit)) if unit else whole


def duration(translate: Translator, ns: int) -> Markup:
    """A span of time in words of at most two units: ``1 h 12 min``, ``12.5 s``."""
    if abs(ns) < 60 * NS:
        return translate("%(seconds)s s", seconds=f"{ns / NS:.3f}".rstrip("0").rstrip("."))
    sign, seconds = ("-", -ns // NS) if ns < 0 else ("", ns // NS)
    if seconds < 3600:
        return translate("%(minutes)s min %(seconds)s s", minutes=f"{sign}{seconds // 60}", seconds=seconds % 60)
    hours, rest = divmod(seconds, 3600)
    if hours < 48:
        return translate("%(hours)s h %(minutes)s min", hours=f"{sign}{hours}", minutes=rest // 60)
    return translate("%(days)s d %(hours)s h", days=f"{sign}{hours // 24}", hours=hours % 24)


def href(path: str) -> str:
    """A path in the bag as a relative URL: nothing in it is a scheme, a query or a fragment."""
    return "./" + quote(path, safe="/")


def data_uri(data: bytes, media_type: str) -> Markup:
    """A data: URI (RFC 2397) for an attribute."""
    return Markup("data:{};base64,{}").format(escape(media_type), base64.b64encode(data).decode())
