"""Prints what is wrong with the markup of an HTML file, a line each, and then its text."""

import html.parser
import re
import sys

VOID = {"meta", "col", "hr", "br"}
# Elements that XML-like syntax ends.
SHAPES = {"path", "rect", "circle"}


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.text, self.headings = [], [], [], []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            self.wrong.append(f"{tag} says an attribute twice: {names}")
        for name, value in attributes:
            if name in ("href", "src", "srcset", "action") or name.startswith("on"):
                self.wrong.append(f"{tag} has {name}={value}")
        if tag in ("script", "link", "iframe", "object", "img", "base", "form"):
            self.wrong.append(f"there is a {tag}")
        if tag == "html" and dict(attributes).get("lang") != sys.argv[2]:
            self.wrong.append(f"lang is not {sys.argv[2]}: {attributes}")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "svg" and "aria-label" not in names and "aria-hidden" not in names:
            if not any(dict(outer).get("aria-hidden") for _, outer in self.open):
                self.wrong.append("a picture without words")
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_startendtag(self, tag, attributes):
        if tag not in SHAPES:
            self.wrong.append(f"{tag} ends itself")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1][0] != tag:
            self.wrong.append(f"</{tag}> ends {[name for name, _ in self.open]} at {self.getpos()}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if not any(name == "style" for name, _ in self.open):
            self.text.append(data)

    def close(self):
        super().close()
        if self.open:
            self.wrong.append(f"never ended: {self.open}")
        if self.headings.count(1) != 1 or self.headings[0] != 1:
            self.wrong.append(f"headings: {self.headings}")
        if any(below > above + 1 for above, below in zip(self.headings, self.headings[1:])):
            self.wrong.append(f"headings leap: {self.headings}")


source = open(sys.argv[1], encoding="utf-8").read()
reader = Reader()
reader.feed(source)
reader.close()
style = source[source.index("<style>") : source.index("</style>")]
if "@import" in style or re.search(r"url\((?!#)", style) or style.count("{") != style.count("}"):
    reader.wrong.append("the style sheet fetches something or is not whole")
print(len(reader.wrong), *reader.wrong, "".join(reader.text), sep="\n")
