"""Pages of the form as a patient without script reads them, and a patient who answers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

# Answers by question: the words of the options, or the text to enter.
Script = Mapping[str, Sequence[str]]
VOID = ("input", "meta", "link", "br")


@dataclass
class HtmlControl:
    """One control: what a browser would send for it, the words beside it, and the words of its group."""

    tag: str
    attributes: dict[str, str | None]
    legend: str = ""
    text: str = ""

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""

    @property
    def value(self) -> str:
        return self.attributes.get("value") or ""

    @property
    def is_choice(self) -> bool:
        return self.attributes.get("type") in ("radio", "checkbox")

    @property
    def is_sent(self) -> bool:
        return "checked" in self.attributes if self.is_choice else self.tag != "button"


@dataclass
class HtmlForm:
    """One form of a page."""

    action: str
    controls: list[HtmlControl] = field(default_factory=list)

    @property
    def chosen(self) -> list[HtmlControl]:
        """The options that are chosen."""
        return [control for control in self.controls if control.is_choice and control.is_sent]

    def data(self) -> list[tuple[str, str]]:
        """What a browser would send without any change."""
        return [(control.name, control.value) for control in self.controls if control.name and control.is_sent]


class HtmlPage(HTMLParser):
    """A page: its forms, headings, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.source = text
        self.forms: list[HtmlForm] = []
        self.labels: dict[str, str] = {}
        self.links: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.words: list[str] = []
        self.title = ""
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.legend = ""
        self.feed(text)
        for form in self.forms:
            for control in form.controls:
                control.text = self.labels.get(control.attributes.get("id") or "", control.text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append(HtmlForm(attributes.get("action") or ""))
        if tag in ("input", "button", "select", "textarea") and self.forms:
            self.forms[-1].controls.append(HtmlControl(tag, attributes, self.legend))
        if tag not in VOID:
            self.open.append((tag, attributes, []))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for _, _, words in self.open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            found, attributes, words = self.open.pop()
            text = " ".join(" ".join(words).split())
            self.close_tag(found, attributes, text)
            if found == tag:
                return

    def close_tag(self, tag: str, attributes: dict[str, str | None], text: str) -> None:
        if tag == "label":
            self.labels[attributes.get("for") or ""] = text
        elif tag == "legend":
            self.legend = text.removesuffix(" (optional)")
        elif tag == "fieldset":
            self.legend = ""
        elif tag == "a":
            self.links.append((attributes.get("href") or "", text))
        elif tag in ("h1", "h2"):
            self.headings.append(text)
        elif tag == "title":
            self.title = text

    def form_to(self, part: str) -> HtmlForm:
        """The form whose action contains a text."""
        return next(form for form in self.forms if part in form.action)


@dataclass
class FormPatient:
    """A patient without script. ``script``: the answers by question; others are left open."""

    client: FlaskClient
    script: Script = field(default_factory=dict)
    path: str = ""
    visited: list[str] = field(default_factory=list)
    requests: int = 0
    page: HtmlPage = field(default_factory=lambda: HtmlPage(""))
    status: int = 0

    def get(self, path: str) -> HtmlPage:
        """Loads a page, as often as it redirects."""
        return self.follow(self.client.get(path), path)

    def post(self, form: HtmlForm, data: list[tuple[str, str]], headers: Mapping[str, str] | None = None) -> HtmlPage:
        """Sends a form."""
        fields: dict[str, list[str]] = {}
        for name, value in data:
            fields.setdefault(name, []).append(value)
        return self.follow(self.client.post(form.action, data=fields, headers=headers), form.action)

    def follow(self, answer: TestResponse, path: str) -> HtmlPage:
        self.requests += 1
        while answer.status_code == 303:
            path = answer.headers["Location"]
            answer = self.client.get(path)
            self.requests += 1
        self.path, self.status = path.partition("?")[0], answer.status_code
        self.visited.append(self.path)
        self.page = HtmlPage(answer.text)
        return self.page

    def open(self, forms: str, patient: str = "example-low-mood", language: str = "en", who: str = "self") -> HtmlPage:
        """Opens forms in the demo and goes to the first page."""
        page = self.get("/forms")
        self.post(page.form_to("/forms"), [("patient", patient), ("forms", forms), ("language", language)])
        return self.begin(who)

    def begin(self, who: str = "self") -> HtmlPage:
        """Says who answers, and goes to the first page."""
        form = self.page.form_to("/start")
        hidden = [(control.name, control.value) for control in form.controls if control.name == "key"]
        return self.post(form, [*hidden, ("who", who)])

    def answer(self, script: Script | None = None) -> HtmlPage:
        """Answers the page from the script, and saves it."""
        form = self.page.form_to("/page/")
        script = self.script if script is None else script
        chosen = [control for control in form.controls if control.is_choice and self.chooses(control, script)]
        names = {control.name for control in chosen}
        kept = [(name, value) for name, value in form.data() if name not in names and name not in script]
        texts = [(name, value) for name, values in script.items() for value in values if name.startswith("q")]
        return self.post(form, [*kept, *((control.name, control.value) for control in chosen), *texts])

    def chooses(self, control: HtmlControl, script: Script) -> bool:
        """True if the script has the option. A question may be given by its beginning."""
        return any(control.legend.startswith(key) and control.text in words for key, words in script.items())

    def go_on(self, most: int = 60) -> HtmlPage:
        """Answers page after page, also help, until the page before sending."""
        for _ in range(most):
            if self.path.startswith("/forms/page/"):
                self.answer()
            elif self.path == "/forms/help":
                self.leave_help()
            else:
                return self.page
        raise AssertionError(self.visited)

    def leave_help(self) -> HtmlPage:
        """Goes on from the page that interrupts."""
        form = self.page.form_to("/help")
        return self.post(form, form.data())

    def send(self) -> HtmlPage:
        """Sends the answers."""
        form = self.page.form_to("/send")
        return self.post(form, form.data())
