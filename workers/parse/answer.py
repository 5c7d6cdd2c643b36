"""What a question comes to in one source, ready to become a piece."""

import msgspec

from protocol.tools.code_found import FoundFile
from protocol.tools.files import Item


class Answer(msgspec.Struct, frozen=True):
    """*head* is the file without its rows; *near* are names like the one that is not there."""

    file: FoundFile
    items: list[Item]
    is_cut: bool = False
    near: dict[str, float] = {}

    def headline(self) -> str:
        """Return the file's own line: path, language, how much was found."""
        count = self.file.match_count
        counted = f"{count:,} match{'' if count == 1 else 'es'}"
        errors = " · has syntax errors" if self.file.has_errors else ""
        return f"{self.file.path or 'snippet'} · {self.file.language} · {counted}{errors}"

    def totals(self) -> dict[str, int]:
        """Return what is added up over files."""
        return {
            "matches": self.file.match_count,
            "files_with_matches": int(self.file.match_count > 0),
            "files_with_errors": int(self.file.has_errors),
        }
