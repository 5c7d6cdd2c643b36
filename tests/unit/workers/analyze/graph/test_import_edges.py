"""What imports lead to, language by language; the expected edges are written by hand."""

import pytest

from support.graphs import combined, import_edges, overview
from workers.analyze.graph import imports

PYTHON = {
    "src/shop/__init__.py": "from .cart import Cart\n",
    "src/shop/cart.py": "import os\nfrom . import prices\nfrom .tools.text import trim as cut\n",
    "src/shop/prices.py": "from shop import cart\nimport shop.tools.text\n",
    "src/shop/tools/__init__.py": "",
    "src/shop/tools/text.py": "import json\nfrom ..missing import nothing\n",
    "src/shop/json.py": "",
    "tests/test_shop.py": "import shop\nfrom shop.cart import Cart, prices\nfrom helpers import near\n",
    "tests/helpers.py": "from shop import *\n",
}
PYTHON_EDGES = [
    "src/shop/__init__.py:1 src/shop/cart.py",
    "src/shop/cart.py:2 src/shop/prices.py",
    "src/shop/cart.py:3 src/shop/tools/text.py",
    "src/shop/prices.py:1 src/shop/cart.py",
    "src/shop/prices.py:2 src/shop/tools/text.py",
    "tests/test_shop.py:1 src/shop/__init__.py",
    "tests/test_shop.py:2 src/shop/cart.py",
    "tests/test_shop.py:3 tests/helpers.py",
    "tests/helpers.py:1 src/shop/__init__.py",
    "src/shop/cart.py:1 os",
    "src/shop/tools/text.py:1 json",
    "src/shop/tools/text.py:2 ..missing",
]

SCRIPTS = {
    "tsconfig.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@app/*": ["app/*"]}}}',
    "app/index.ts": 'import { a } from "./a";\nimport b from "./lib";\nimport "node:fs";\n',
    "app/a.ts": 'import { x } from "@app/lib/x.js";\nexport * from "./view";\n',
    "app/view.tsx": 'const y = require("../old.cjs");\n',
    "app/lib/index.js": "",
    "app/lib/x.ts": 'import { gone } from "./gone";\n',
    "old.cjs": "",
}
SCRIPT_EDGES = [
    "app/index.ts:1 app/a.ts",
    "app/index.ts:2 app/lib/index.js",
    "app/a.ts:1 app/lib/x.ts",
    "app/a.ts:2 app/view.tsx",
    "app/view.tsx:1 old.cjs",
    "app/index.ts:3 node:fs",
    "app/lib/x.ts:1 ./gone",
]

GO = {
    "cmd/main.go": 'package main\nimport (\n\t"fmt"\n\tst "example.com/shop/store"\n)\n',
    "store/store.go": 'package store\nimport "example.com/shop/store/disk"\n',
    "store/disk/disk.go": "package disk\n",
}
GO_EDGES = ["cmd/main.go:4 store", "store/store.go:2 store/disk", "cmd/main.go:3 fmt"]

JVM = {
    "com/a/Main.java": """\
        package com.a;
        import com.b.Outer.Inner;
        import com.b.*;
        import static com.b.Outer.help;
        import java.util.List;
        import com.b.Extras;
        class Main {}
        """,
    "com/b/Outer.java": "package com.b;\npublic class Outer { class Inner {} }\n",
    "com/b/Extras.kt": "package com.b\nclass Extras\nfun assist() {}\n",
    "com/c/Use.kt": "package com.c\nimport com.b.assist\n",
    "com/c/More.scala": "package com.c\nimport com.b.{Outer, Extras => E}\n",
}
JVM_EDGES = [
    "com/a/Main.java:2 com/b/Outer.java",
    "com/a/Main.java:3 com/b",
    "com/a/Main.java:4 com/b/Outer.java",
    "com/a/Main.java:6 com/b/Extras.kt",
    "com/c/Use.kt:2 com/b/Extras.kt",
    "com/c/More.scala:2 com/b/Outer.java",
    "com/c/More.scala:2 com/b/Extras.kt",
    "com/a/Main.java:5 java.util.List",
]

C = {
    "src/a.c": '#include "b.h"\n#include <lib/c.h>\n#include <stdio.h>\n',
    "src/b.h": "",
    "include/lib/c.h": '#include "d.hpp"\n',
    "include/lib/d.hpp": "",
}
C_EDGES = [
    "src/a.c:1 src/b.h",
    "src/a.c:2 include/lib/c.h",
    "include/lib/c.h:1 include/lib/d.hpp",
    "src/a.c:3 stdio.h",
]

RUST = {
    "src/main.rs": "mod net;\nuse net::client::Client;\nuse std::fs;\n",
    "src/net/mod.rs": "pub mod client;\n",
    "src/net/client.rs": "use super::open;\nuse crate::{util::{shout}, net};\n",
    "src/util.rs": "",
}
RUST_EDGES = [
    "src/main.rs:1 src/net/mod.rs",
    "src/main.rs:2 src/net/client.rs",
    "src/net/mod.rs:1 src/net/client.rs",
    "src/net/client.rs:1 src/net/mod.rs",
    "src/net/client.rs:2 src/util.rs",
    "src/net/client.rs:2 src/net/mod.rs",
    "src/main.rs:3 std::fs",
]

PHP = {
    "src/Main.php": '<?php\nnamespace App;\nuse App\\Model\\User;\nrequire_once "tools.php";\nuse X\\Y;\n',
    "src/Model/User.php": "<?php\nnamespace App\\Model;\nclass User {}\n",
    "src/tools.php": "<?php\n",
}
PHP_EDGES = [
    "src/Main.php:3 src/Model/User.php",
    "src/Main.php:4 src/tools.php",
    "src/Main.php:5 X\\Y",
]

RUBY = {
    "lib/shop.rb": 'require "json"\nrequire_relative "shop/cart"\nrequire "shop/price"\n',
    "lib/shop/cart.rb": "",
    "lib/shop/price.rb": "",
    "lib/shop/json.rb": "",
}
RUBY_EDGES = [
    "lib/shop.rb:2 lib/shop/cart.rb",
    "lib/shop.rb:3 lib/shop/price.rb",
    "lib/shop.rb:1 json",
]

CSHARP = {
    "App.cs": "using System;\nusing Shop.Data;\nusing R = Shop.Data.Repo;\nnamespace Shop { class App {} }\n",
    "Data.cs": "namespace Shop.Data { public class Repo {} }\n",
}
CSHARP_EDGES = ["App.cs:2 Data.cs", "App.cs:3 Data.cs", "App.cs:1 System"]

SAMPLES = {
    "python": (PYTHON, PYTHON_EDGES),
    "scripts": (SCRIPTS, SCRIPT_EDGES),
    "go": (GO, GO_EDGES),
    "jvm": (JVM, JVM_EDGES),
    "c": (C, C_EDGES),
    "rust": (RUST, RUST_EDGES),
    "php": (PHP, PHP_EDGES),
    "ruby": (RUBY, RUBY_EDGES),
    "csharp": (CSHARP, CSHARP_EDGES),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_imports_lead_to_files_and_what_is_elsewhere_stays_without_target(name: str) -> None:
    files, expected = SAMPLES[name]

    found = [f"{row.path}:{row.line} {row.target or row.module}" for row in import_edges(files)]

    assert found == expected


def test_a_module_of_the_standard_library_is_not_taken_for_a_file_of_that_name_elsewhere() -> None:
    files = {
        "a/x.py": "import json\n",
        "b/json.py": "",
        "a/pkg/__init__.py": "",
        "a/pkg/json.py": "",
    }

    assert [row.target for row in import_edges(files)] == [None]


def test_a_script_may_have_a_module_named_as_one_of_the_standard_library_beside_it() -> None:
    files = {"a/x.py": "import queue\n", "a/queue.py": ""}

    assert [row.target for row in import_edges(files)] == ["a/queue.py"]


def test_of_several_files_that_fit_the_nearest_is_meant() -> None:
    files = {
        "one/app/main.c": '#include "util.h"\n',
        "two/inc/util.h": "",
        "one/inc/util.h": "",
    }

    assert [row.target for row in import_edges(files)] == ["one/inc/util.h"]


def test_go_mod_says_which_module_a_folder_is() -> None:
    files = {
        "x/main.go": 'package main\nimport "example.org/y/z"\nimport "example.org/other/z"\n',
        "z/z.go": "package z\n",
    }

    assert [row.target for row in import_edges(files)] == [None, None]


def test_the_text_says_what_is_imported_most() -> None:
    found = combined(imports, PYTHON)

    assert "12 imports in 8 files, 9 of them of given files; 1 import cycle." in found.text
    assert "imported by most files: src/shop/cart.py (3)" in found.text
    assert (overview(found).edges, overview(found).resolved) == (12, 9)


def test_a_script_named_as_a_module_of_the_standard_library_does_not_import_itself() -> None:
    assert [row.target for row in import_edges({"a/gc.py": "import gc\n"})] == [None]
