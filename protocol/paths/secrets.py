"""Which names of files and folders look as if secrets were in them. Pure: nothing here looks at the disk.

A name proves nothing; this is for tools that copy and change files, where to be wrong is cheap. A template
of a secret (`.env.example`) is none.
"""

import re
import unicodedata

_FOLDERS = frozenset(
    {
        ".aws",
        ".azure",
        ".docker",
        ".git",
        ".gnupg",
        ".kube",
        ".password-store",
        ".ssh",
        ".svn",
        ".hg",
    }
)
"""With what version control keeps: its hooks and its configuration are programs, and it holds tokens."""

_FILES = frozenset(
    {
        ".dockercfg",
        ".git-credentials",
        ".htpasswd",
        ".my.cnf",
        ".netrc",
        ".npmrc",
        ".pgpass",
        ".pypirc",
        ".vault-token",
        "_netrc",
        "authorized_keys",
        "kubeconfig",
        "shadow",
    }
)
_STEMS = frozenset(
    {"credential", "credentials", "secret", "secrets", "passwords", "token", "tokens"}
)
"""Alone, or with one of the extensions of data: `credentials`, `secrets.yaml`; not `tokens.py`."""

_DATA = frozenset({"", "cfg", "conf", "csv", "db", "enc", "env", "gpg", "ini", "json", "toml"}) | {
    "txt",
    "xml",
    "yaml",
    "yml",
}
_EXTENSIONS = frozenset(
    {
        "asc",
        "gpg",
        "jks",
        "kdb",
        "kdbx",
        "key",
        "keystore",
        "ovpn",
        "p12",
        "p8",
        "pem",
        "pfx",
        "pgp",
    }
) | {"ppk", "tfstate"}
_TEMPLATES = frozenset({"dist", "example", "sample", "template", "tmpl"})
_KEY = re.compile(r"id_(rsa|dsa|ecdsa|ed25519)(_sk)?([._-].*)?")
_SERVICE_ACCOUNT = re.compile(r"service[-_]?account.*\.json")


def looks_secret(name: str) -> bool:
    """Tell whether a file or folder of this *name*, one part of a path, is better left alone."""
    # Some file systems do not see what is invisible, and many do not tell small letters from large ones.
    seen = "".join(c for c in name if unicodedata.category(c) != "Cf").casefold().rstrip(". ")
    if seen in _FOLDERS or seen in _FILES:
        return True
    if seen == ".env" or seen.startswith(".env.") or seen.endswith(".env"):
        return seen.rpartition(".")[2] not in _TEMPLATES
    if _KEY.fullmatch(seen) or _SERVICE_ACCOUNT.fullmatch(seen):
        return not seen.endswith(".pub")
    stem, _, extension = seen.lstrip(".").partition(".")
    return extension.rpartition(".")[2] in _EXTENSIONS or (stem in _STEMS and extension in _DATA)
