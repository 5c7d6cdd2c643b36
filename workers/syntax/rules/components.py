"""Vue and Svelte: HTML whose scripts are programs (see `embedded`)."""

import msgspec

from workers.syntax.rules.html import HTML

SVELTE = HTML

VUE = msgspec.structs.replace(
    HTML, definitions={**HTML.definitions, "template_element": HTML.definitions["element"]}
)
