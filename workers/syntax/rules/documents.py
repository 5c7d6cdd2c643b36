"""Markdown and LaTeX: headings, and what is below them."""

from tree_sitter import Node

from workers.syntax.nodes import child, field, nothing
from workers.syntax.rules.simple import importing, inner_name
from workers.syntax.source import Source
from workers.syntax.spec import Definition, Spec

_LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")


def _heading(node: Node, _source: Source) -> Node | None:
    """Find the heading that a section begins with, if it does."""
    return field(child(node, "atx_heading"), "heading_content")


def _behind_heading(node: Node) -> Node | None:
    heading = child(node, "atx_heading")
    return None if heading is None else heading.next_sibling


MARKDOWN = Spec(
    definitions={
        "section": Definition(
            "heading", name=_heading, spell=lambda name: name.strip(" #\t"), body=_behind_heading
        ),
        "setext_heading": Definition(
            "heading",
            name="heading_content",
            spell=str.strip,
            body=lambda node: child(node, "setext_h1_underline", "setext_h2_underline"),
            searched=False,
        ),
    },
    inside=("document",),
    comments=("html_block",),
    line_comment=rb"(?!)",
    block_comment=rb"<!--",
    comment_end=b"-->",
    noise_marks=(b"<!--",),
)


def _title(node: Node, _source: Source) -> Node | None:
    return child(field(node, "text"), "text")


def _behind_title(node: Node) -> Node | None:
    title = field(node, "text")
    return None if title is None else title.next_sibling


_SECTION = Definition("heading", name=_title, body=_behind_title)

LATEX = Spec(
    definitions={
        **dict.fromkeys(_LEVELS, _SECTION),
        "new_command_definition": Definition(
            "macro",
            name=lambda node, _: child(field(node, "declaration"), "command_name"),
            spell=lambda name: name.lstrip("\\"),
            body=nothing,
            searched=False,
        ),
        "label_definition": Definition(
            "key", name=inner_name("curly_group_label", "label"), body=nothing, searched=False
        ),
    },
    imports={
        "package_include": lambda node, source: importing("path")(
            child(node, "curly_group_path_list") or node, source
        ),
        "class_include": lambda node, source: importing("path")(
            child(node, "curly_group_path") or node, source
        ),
        "latex_include": lambda node, source: importing("path")(
            child(node, "curly_group_path") or node, source
        ),
    },
    inside=("source_file", "generic_environment"),
    comments=("line_comment", "block_comment"),
    line_comment=rb"%",
    block_comment=None,
    noise_marks=(b"%",),
)
