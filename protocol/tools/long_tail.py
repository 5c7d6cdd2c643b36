"""The languages of the optional language pack (`pip install toolcrew[languages]`), as data.

*packed* is said only where the pack has another name for a language than we have. Left out are
Groovy, whose grammar takes ordinary classes for errors, and Bicep and Typst, whose grammars never end or
crash on a row of quotes or brackets.
"""

import msgspec

from protocol.tools.language import Language

_TABLE = (
    Language(name="ada", title="Ada", extensions=(".adb", ".ads")),
    Language(name="astro", title="Astro", extensions=(".astro",)),
    Language(name="cairo", title="Cairo", extensions=(".cairo",)),
    Language(
        name="clojure",
        title="Clojure",
        aliases=("clj", "cljs", "clojurescript", "edn"),
        extensions=(".clj", ".cljs", ".cljc", ".edn"),
        interpreters=("bb", "clojure"),
    ),
    Language(name="cmake", title="CMake", extensions=(".cmake",), filenames=("cmakelists.txt",)),
    Language(
        name="commonlisp",
        title="Common Lisp",
        aliases=("lisp", "common-lisp", "cl"),
        extensions=(".lisp", ".lsp", ".asd"),
        interpreters=("sbcl",),
    ),
    Language(name="cuda", title="CUDA", aliases=("cu",), extensions=(".cu", ".cuh")),
    Language(name="d", title="D", aliases=("dlang",), extensions=(".d", ".di")),
    Language(name="dart", title="Dart", extensions=(".dart",), interpreters=("dart",)),
    Language(
        name="dockerfile",
        title="Dockerfile",
        aliases=("docker", "containerfile"),
        extensions=(".dockerfile",),
        filenames=("dockerfile", "containerfile"),
    ),
    Language(
        name="elisp",
        title="Emacs Lisp",
        aliases=("emacs-lisp", "emacslisp"),
        extensions=(".el",),
        filenames=(".emacs",),
    ),
    Language(
        name="elixir",
        title="Elixir",
        aliases=("ex", "exs"),
        extensions=(".ex", ".exs"),
        interpreters=("elixir",),
    ),
    Language(name="elm", title="Elm", extensions=(".elm",)),
    Language(
        name="erlang",
        title="Erlang",
        aliases=("erl",),
        extensions=(".erl", ".hrl"),
        filenames=("rebar.config",),
        interpreters=("escript",),
    ),
    Language(name="fish", title="fish", extensions=(".fish",), interpreters=("fish",)),
    Language(
        name="fortran",
        title="Fortran",
        aliases=("f90", "f95"),
        extensions=(".f90", ".f95", ".f03", ".f08"),
    ),
    Language(
        name="fsharp",
        title="F#",
        aliases=("f#", "fs", "f-sharp", "f_sharp"),
        extensions=(".fs", ".fsx"),
    ),
    Language(name="gdscript", title="GDScript", aliases=("godot",), extensions=(".gd",)),
    Language(name="gleam", title="Gleam", extensions=(".gleam",)),
    Language(name="glsl", title="GLSL", extensions=(".glsl", ".vert", ".frag", ".geom", ".comp")),
    Language(name="gomod", title="Go module", aliases=("go.mod",), filenames=("go.mod",)),
    Language(
        name="graphql",
        title="GraphQL",
        aliases=("gql",),
        extensions=(".graphql", ".gql", ".graphqls"),
    ),
    Language(name="hack", title="Hack", aliases=("hh",), extensions=(".hack",)),
    Language(
        name="haskell",
        title="Haskell",
        aliases=("hs",),
        extensions=(".hs",),
        interpreters=("runhaskell", "runghc"),
    ),
    Language(name="haxe", title="Haxe", extensions=(".hx",)),
    Language(
        name="hcl",
        title="HCL",
        aliases=("terraform", "tf", "opentofu"),
        extensions=(".tf", ".hcl", ".tfvars", ".tofu"),
    ),
    Language(name="hlsl", title="HLSL", extensions=(".hlsl", ".fx")),
    Language(
        name="ini",
        title="INI",
        aliases=("cfg",),
        extensions=(".ini",),
        filenames=("setup.cfg", ".editorconfig", ".gitconfig", ".flake8", ".pylintrc"),
    ),
    Language(name="jsonnet", title="Jsonnet", extensions=(".jsonnet", ".libsonnet")),
    Language(
        name="julia", title="Julia", aliases=("jl",), extensions=(".jl",), interpreters=("julia",)
    ),
    Language(name="kdl", title="KDL", extensions=(".kdl",)),
    Language(
        name="latex", title="LaTeX", aliases=("tex",), extensions=(".tex", ".sty", ".cls", ".ltx")
    ),
    Language(name="luau", title="Luau", extensions=(".luau",)),
    Language(
        name="make",
        title="Make",
        aliases=("makefile", "mk", "gnumake"),
        extensions=(".mk", ".mak"),
        filenames=("makefile", "gnumakefile", "bsdmakefile"),
        interpreters=("make",),
    ),
    Language(
        name="markdown",
        title="Markdown",
        aliases=("md",),
        extensions=(".md", ".markdown", ".mdown", ".mkd"),
    ),
    Language(name="matlab", title="MATLAB", aliases=("octave",), interpreters=("octave",)),
    Language(
        name="meson",
        title="Meson",
        filenames=("meson.build", "meson_options.txt", "meson.options"),
    ),
    Language(name="nim", title="Nim", extensions=(".nim", ".nims", ".nimble")),
    Language(name="ninja", title="Ninja", extensions=(".ninja",)),
    Language(name="nix", title="Nix", extensions=(".nix",)),
    Language(
        name="objc",
        title="Objective-C",
        aliases=("objective-c", "objectivec", "obj-c"),
        extensions=(".m",),
    ),
    Language(
        name="ocaml", title="OCaml", aliases=("ml",), extensions=(".ml",), interpreters=("ocaml",)
    ),
    Language(
        name="ocaml_interface",
        title="OCaml interface",
        aliases=("mli", "ocaml-interface"),
        extensions=(".mli",),
    ),
    Language(name="odin", title="Odin", extensions=(".odin",)),
    Language(name="org", title="Org", extensions=(".org",)),
    Language(
        name="pascal", title="Pascal", aliases=("delphi",), extensions=(".pas", ".dpr", ".lpr")
    ),
    Language(
        name="perl",
        title="Perl",
        aliases=("pl", "perl5"),
        extensions=(".pl", ".pm", ".t", ".psgi"),
        filenames=("cpanfile",),
        interpreters=("perl",),
    ),
    Language(
        name="powershell",
        title="PowerShell",
        aliases=("ps1", "pwsh"),
        extensions=(".ps1", ".psm1", ".psd1"),
        interpreters=("pwsh", "powershell"),
    ),
    Language(name="prisma", title="Prisma", extensions=(".prisma",)),
    Language(name="properties", title="Properties", extensions=(".properties",)),
    Language(
        name="protobuf",
        title="Protocol Buffers",
        aliases=("proto", "proto3", "protocol-buffers"),
        extensions=(".proto",),
        packed="proto",
    ),
    Language(name="puppet", title="Puppet", extensions=(".pp",)),
    Language(name="purescript", title="PureScript", aliases=("purs",), extensions=(".purs",)),
    Language(
        name="r", title="R", aliases=("rlang",), extensions=(".r",), interpreters=("rscript",)
    ),
    Language(name="racket", title="Racket", extensions=(".rkt",), interpreters=("racket",)),
    Language(name="rego", title="Rego", extensions=(".rego",)),
    Language(
        name="rst", title="reStructuredText", aliases=("restructuredtext",), extensions=(".rst",)
    ),
    Language(name="scheme", title="Scheme", extensions=(".scm", ".ss")),
    Language(name="scss", title="SCSS", aliases=("sass",), extensions=(".scss",)),
    Language(name="smithy", title="Smithy", extensions=(".smithy",)),
    Language(name="solidity", title="Solidity", aliases=("sol",), extensions=(".sol",)),
    Language(
        name="starlark",
        title="Starlark",
        aliases=("bazel", "bzl"),
        extensions=(".bzl", ".star"),
        filenames=("build.bazel", "workspace.bazel", "module.bazel"),
    ),
    Language(name="svelte", title="Svelte", extensions=(".svelte",)),
    Language(
        name="tcl", title="Tcl", extensions=(".tcl",), interpreters=("tclsh", "wish", "expect")
    ),
    Language(name="thrift", title="Thrift", extensions=(".thrift",)),
    Language(name="twig", title="Twig", extensions=(".twig",)),
    Language(
        name="verilog",
        title="Verilog",
        aliases=("systemverilog", "sv"),
        extensions=(".v", ".vh", ".sv", ".svh"),
    ),
    Language(name="vhdl", title="VHDL", extensions=(".vhd", ".vhdl")),
    Language(
        name="vim",
        title="Vim script",
        aliases=("viml", "vimscript"),
        extensions=(".vim",),
        filenames=(".vimrc",),
    ),
    Language(name="vue", title="Vue", extensions=(".vue",)),
    Language(name="wat", title="WebAssembly text", aliases=("wasm",), extensions=(".wat",)),
    Language(name="wgsl", title="WGSL", extensions=(".wgsl",)),
    Language(
        name="xml",
        title="XML",
        aliases=("xsd", "xslt"),
        extensions=(".xml", ".xsd", ".xsl", ".xslt", ".csproj", ".fsproj", ".props", ".plist"),
    ),
    Language(name="zig", title="Zig", extensions=(".zig", ".zon")),
)

LONG_TAIL = tuple(msgspec.structs.replace(each, packed=each.packed or each.name) for each in _TABLE)
"""In alphabetical order."""
