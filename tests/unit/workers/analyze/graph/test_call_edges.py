"""Who calls whom, language by language; the expected edges are written by hand."""

import pytest

from support.graphs import call_edges, combined, overview
from workers.analyze.graph import calls

PYTHON = {
    "shop/__init__.py": "from .cart import Cart as Basket\n",
    "shop/base.py": """\
        class Base:
            def close(self):
                self.flush_all()

            def flush_all(self):
                pass
        """,
    "shop/cart.py": """\
        import json
        from shop import base
        from shop.base import Base
        from shop.tools import trim as cut, log


        class Cart(Base):
            total: "Total"

            def __init__(self, sink: Total):
                super().__init__()
                self.sink = sink
                self.made = Total()

            def add(self, item):
                self.flush_all()
                self.sink.count_up(item)
                self.made.count_up(cut(item))
                super().close()
                json.dumps(item)


        class Total:
            def count_up(self, item):
                def inner():
                    return helper()

                return inner()


        def helper():
            made = Total()
            made.count_up(1)
            return f"{build()!r}"


        def build():
            return [Cart(each) for each in base.Base()]


        def shadowed(helper, build):
            cut = 1
            return helper(), build(), cut()


        def later(log=log):
            log = None
            return log(1)


        build()
        """,
    "shop/tools.py": """\
        import functools

        def decorate(wrapped):
            return functools.wraps(wrapped)(wrapped)

        @decorate
        def trim(text):
            return text.strip()

        def log(x, trim=None):
            pass
        """,
    "main.py": """\
        import shop
        import shop.tools
        from shop import *

        def main(unknown):
            shop.Basket(1).add(2)
            shop.tools.trim("x")
            unknown.count_up()
            unknown.flush_some()
            Basket(1)
        """,
}
PYTHON_EDGES = [
    "shop/base.py:3 Base.close -> shop/base.py:5 Base.flush_all",
    "shop/cart.py:16 Cart.add -> shop/base.py:5 Base.flush_all",
    "shop/cart.py:17 Cart.add -> shop/cart.py:24 Total.count_up (2 calls)",
    "shop/cart.py:18 Cart.add -> shop/tools.py:7 trim",
    "shop/cart.py:19 Cart.add -> shop/base.py:2 Base.close",
    "shop/cart.py:13 Cart.__init__ -> shop/cart.py:23 Total",
    "shop/cart.py:26 Total.count_up.inner -> shop/cart.py:31 helper",
    "shop/cart.py:28 Total.count_up -> shop/cart.py:25 Total.count_up.inner",
    "shop/cart.py:32 helper -> shop/cart.py:23 Total",
    "shop/cart.py:33 helper -> shop/cart.py:24 Total.count_up",
    "shop/cart.py:34 helper -> shop/cart.py:37 build",
    "shop/cart.py:38 build -> shop/cart.py:10 Cart.__init__",
    "shop/cart.py:38 build -> shop/base.py:1 Base",
    "shop/cart.py:51 <module> -> shop/cart.py:37 build",
    "main.py:6 main -> shop/cart.py:10 Cart.__init__ (2 calls)",
    "main.py:7 main -> shop/tools.py:7 trim",
    "main.py:8 main -> shop/cart.py:24 Total.count_up by name",
]

TYPESCRIPT = {
    "src/index.ts": """\
        import { Service, make as build } from "./service";
        import def, * as all from "./util.js";
        const tools = require("./tools");

        const s = new Service();
        export function main(x: Service) {
          s.start();
          build();
          def();
          all.twice(2);
          const inner = () => x.stop();
          inner();
          tools.mend(`${local()} local()`);
          tools.other();
        }
        function local() { /* main() */ return "main()"; }
        """,
    "src/service.ts": """\
        export { twice } from "./util";
        import { twice as t } from "./util";
        class Base { stop() {} }
        export class Service extends Base {
          start() { this.stop(); super.stop(); t(1); this.helper?.(); }
          private helper(t) { return t(this.start); }
        }
        export function make() { return new Service(); }
        """,
    "src/util.ts": """\
        export default function named() {}
        export const twice = (n: number) => n * 2;
        """,
    "src/tools.js": """\
        function fix() {}
        module.exports = { mend: fix, other() { fix(); } };
        """,
}
TYPESCRIPT_EDGES = [
    "src/index.ts:5 <module> -> src/service.ts:4 Service",
    "src/index.ts:7 main -> src/service.ts:5 Service.start",
    "src/index.ts:8 main -> src/service.ts:8 make",
    "src/index.ts:9 main -> src/util.ts:1 named",
    "src/index.ts:10 main -> src/util.ts:2 twice",
    "src/index.ts:11 main.inner -> src/service.ts:3 Base.stop",
    "src/index.ts:12 main -> src/index.ts:11 main.inner",
    "src/index.ts:14 main -> src/tools.js:2 other",
    "src/tools.js:2 other -> src/tools.js:1 fix",
    "src/index.ts:13 main -> src/tools.js:1 fix",
    "src/index.ts:13 main -> src/index.ts:16 local",
    "src/service.ts:5 Service.start -> src/service.ts:3 Base.stop (2 calls)",
    "src/service.ts:5 Service.start -> src/util.ts:2 twice",
    "src/service.ts:5 Service.start -> src/service.ts:6 Service.helper",
    "src/service.ts:8 make -> src/service.ts:4 Service",
]

GO = {
    "cmd/main.go": """\
        package main

        import (
            "fmt"
            st "example.com/shop/pkg/store"
        )

        func main() {
            s := st.New("x")
            s.PutAll(1)
            t := &st.Store{}
            t.PutAll(2)
            helper()
            fmt.Println(s)
        }
        """,
    "cmd/helper.go": "package main\n\nfunc helper() { inner() }\nfunc inner()  {}\n",
    "pkg/store/store.go": """\
        package store

        type Store struct{ name string }

        func New(name string) *Store { return &Store{name: name} }

        func (s *Store) PutAll(v int) { s.check(v) }
        """,
    "pkg/store/check.go": "package store\n\nfunc (s *Store) check(v int) {}\n",
}
GO_EDGES = [
    "cmd/main.go:9 main -> pkg/store/store.go:5 New",
    "cmd/main.go:10 main -> pkg/store/store.go:7 Store.PutAll by name",
    "cmd/main.go:12 main -> pkg/store/store.go:7 Store.PutAll",
    "cmd/main.go:13 main -> cmd/helper.go:3 helper",
    "cmd/helper.go:3 helper -> cmd/helper.go:4 inner",
    "pkg/store/store.go:7 Store.PutAll -> pkg/store/check.go:3 Store.check",
]

JAVA = {
    "com/a/Main.java": """\
        package com.a;

        import com.b.Service;
        import static com.b.Tools.help;

        public class Main {
            private final Service service = new Service();

            void run() {
                service.start();
                step();
                help(1);
                Local l = new Local();
                l.leave();
            }

            private void step() { Service.make(); }
        }
        """,
    "com/a/Local.java": """\
        package com.a;

        class Local extends com.b.Service {
            void leave() { start(); this.stop(); super.stop(); }
        }
        """,
    "com/b/Service.java": """\
        package com.b;

        public class Service {
            public Service() {}
            public void start() {}
            public void stop() {}
            public static Service make() { return new Service(); }
        }
        """,
    "com/b/Tools.java": (
        "package com.b;\npublic class Tools { public static int help(int x) { return x; } }\n"
    ),
}
JAVA_EDGES = [
    "com/a/Main.java:7 <module> -> com/b/Service.java:4 Service.Service",
    "com/a/Main.java:10 Main.run -> com/b/Service.java:5 Service.start",
    "com/a/Main.java:11 Main.run -> com/a/Main.java:17 Main.step",
    "com/a/Main.java:12 Main.run -> com/b/Tools.java:2 Tools.help",
    "com/a/Main.java:13 Main.run -> com/a/Local.java:3 Local",
    "com/a/Main.java:14 Main.run -> com/a/Local.java:4 Local.leave",
    "com/a/Main.java:17 Main.step -> com/b/Service.java:7 Service.make",
    "com/a/Local.java:4 Local.leave -> com/b/Service.java:5 Service.start",
    "com/a/Local.java:4 Local.leave -> com/b/Service.java:6 Service.stop (2 calls)",
    "com/b/Service.java:7 Service.make -> com/b/Service.java:4 Service.Service",
]

RUST = {
    "src/main.rs": """\
        mod net;
        mod util;
        use net::client::Client;
        use util::{shout, twice as two};

        fn main() {
            let c = Client::new();
            c.transmit();
            shout();
            two();
            net::open();
            println!("shout()");
        }
        """,
    "src/util.rs": (
        "use crate::net::open;\npub fn shout() { open(); quiet() }\nfn quiet() {}\n"
        "pub fn twice() {}\n"
    ),
    "src/net/mod.rs": "pub mod client;\npub fn open() {}\n",
    "src/net/client.rs": """\
        use super::open;
        pub struct Client {}
        impl Client {
            pub fn new() -> Self { open(); Client {} }
            pub fn transmit(&self) { self.inner() }
            fn inner(&self) {}
        }
        """,
}
RUST_EDGES = [
    "src/main.rs:7 main -> src/net/client.rs:4 Client.new",
    "src/main.rs:8 main -> src/net/client.rs:5 Client.transmit",
    "src/main.rs:9 main -> src/util.rs:2 shout",
    "src/main.rs:10 main -> src/util.rs:4 twice",
    "src/main.rs:11 main -> src/net/mod.rs:2 open",
    "src/util.rs:2 shout -> src/net/mod.rs:2 open",
    "src/util.rs:2 shout -> src/util.rs:3 quiet",
    "src/net/client.rs:4 Client.new -> src/net/mod.rs:2 open",
    "src/net/client.rs:5 Client.transmit -> src/net/client.rs:6 Client.inner",
]

OTHERS = {
    "a.c": '#include "b.h"\nstatic int used(void) { return b_run(2); }\nint main(void) { return used(); }\n',
    "b.c": '#include "b.h"\nint b_run(int x) { return x; }\n',
    "b.h": "int b_run(int x);\n",
    "M.php": """\
        <?php
        class M extends B {
            public function run() {
                $u = new User();
                $u->enlist();
                $this->step();
                User::search(1);
                parent::boot();
            }
            private function step() {}
        }
        class B { public function boot() {} }
        class User { public function enlist() {} public static function search($id) {} }
        """,
    "shop.rb": """\
        class Cart
          def initialize; end
          def fill(x)
            check x
            self.done
          end
          def check(x); end
          def done; end
        end
        cart = Cart.new
        cart.fill(1)
        """,
    "A.cs": """\
        class Program {
            private Repo repo = new Repo();
            void Work() { repo.Store(); Step(); }
            private void Step() { Repo.Make(); }
        }
        class Repo { public Repo() {} public void Store() {} public static Repo Make() { return null; } }
        """,
    "A.kt": """\
        class Main(private val depot: Depot) {
            fun work() { depot.fetchAll(); step(); Depot().fetchAll() }
            private fun step() {}
        }
        class Depot { fun fetchAll() {} }
        """,
    "A.swift": """\
        class Screen {
            let shop: Shop
            func work() { shop.browse(); step(); free() }
            func step() {}
        }
        class Shop { func browse() {} }
        func free() {}
        """,
    "A.scala": (
        "class Desk(lamp: Lamp) {\n  def work() = { lamp.glow(); new Lamp() }\n}\n"
        "class Lamp { def glow() = 1 }\n"
    ),
}
OTHER_EDGES = [
    "a.c:2 used -> b.c:2 b_run by name",
    "a.c:3 main -> a.c:2 used",
    "M.php:4 M.run -> M.php:13 User",
    "M.php:5 M.run -> M.php:13 User.enlist",
    "M.php:6 M.run -> M.php:10 M.step",
    "M.php:7 M.run -> M.php:13 User.search",
    "M.php:8 M.run -> M.php:12 B.boot",
    "shop.rb:4 Cart.fill -> shop.rb:7 Cart.check",
    "shop.rb:5 Cart.fill -> shop.rb:8 Cart.done",
    "shop.rb:10 <module> -> shop.rb:2 Cart.initialize",
    "shop.rb:11 <module> -> shop.rb:3 Cart.fill",
    "A.cs:2 <module> -> A.cs:6 Repo.Repo",
    "A.cs:3 Program.Work -> A.cs:6 Repo.Store",
    "A.cs:3 Program.Work -> A.cs:4 Program.Step",
    "A.cs:4 Program.Step -> A.cs:6 Repo.Make",
    "A.kt:2 Main.work -> A.kt:5 Depot.fetchAll",
    "A.kt:2 Main.work -> A.kt:5 Depot.fetchAll by name",
    "A.kt:2 Main.work -> A.kt:3 Main.step",
    "A.kt:2 Main.work -> A.kt:5 Depot",
    "A.swift:3 Screen.work -> A.swift:6 Shop.browse",
    "A.swift:3 Screen.work -> A.swift:4 Screen.step",
    "A.swift:3 Screen.work -> A.swift:7 free",
    "A.scala:2 Desk.work -> A.scala:4 Lamp.glow",
    "A.scala:2 Desk.work -> A.scala:4 Lamp",
]

SAMPLES = {
    "python": (PYTHON, PYTHON_EDGES),
    "typescript": (TYPESCRIPT, TYPESCRIPT_EDGES),
    "go": (GO, GO_EDGES),
    "java": (JAVA, JAVA_EDGES),
    "rust": (RUST, RUST_EDGES),
    "others": (OTHERS, OTHER_EDGES),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_calls_are_resolved_and_shadowed_names_are_not(name: str) -> None:
    files, expected = SAMPLES[name]

    found = [item.text for item in combined(calls, files).rows]

    assert sorted(found) == sorted(expected)


def test_calls_of_others_are_counted_and_left_out() -> None:
    files = {"a.py": "import os\ndef f():\n    g()\n    os.getcwd()\n    len([])\ndef g(): pass\n"}

    found = overview(combined(calls, files))

    assert (found.edges, found.resolved) == (1, 1)
    assert found.notes[0] == (
        "Left out: 2 calls of what is none of the given files, and 0 of methods whose name several have."
    )


def test_calls_of_others_are_shown_when_there_are_no_more() -> None:
    found = call_edges({"a.py": "import os\ndef f():\n    os.getcwd()\n"})

    assert [(row.caller, row.callee, row.certainty) for row in found] == [
        ("f", "os.getcwd", "external")
    ]


def test_methods_of_containers_are_not_taken_for_given_ones_of_that_name() -> None:
    files = {
        "a.py": "class Log:\n    def append(self, x): pass\n",
        "b.py": "def f(x):\n    x.append(1)\n",
    }

    assert call_edges(files) == []


def test_a_name_that_several_have_is_unknown() -> None:
    files = {
        "a.py": "class A:\n    def turn(self): pass\n",
        "b.py": "class B:\n    def turn(self): pass\n",
        "c.py": "def f(x):\n    x.turn()\n",
    }

    found = call_edges(files)

    assert [(row.callee, row.certainty, row.callee_path) for row in found] == [
        ("turn", "unknown", None)
    ]


def test_declarations_without_code_are_called_only_if_there_is_no_code() -> None:
    files = {
        "a.js": 'import { run } from "./b";\nfunction f(x) { run(); x.leaveAll(); }\n',
        "b.js": "export function run() {}\n",
        "b.d.ts": "export function run(): void;\nexport interface X { leaveAll(): void }\n",
    }

    assert [item.text for item in combined(calls, files).rows] == ["a.js:2 f -> b.js:1 run"]


SHADOWED = {
    "a.py": """\
        import b

        class C:
            def other(self):
                self.thing = b.One()
                other()

            def again(self):
                self.thing = b.Two()
                self.thing.turn()

        def f(b):
            b.One()

        def g(x):
            x = b.One()
            x.turn()
            x = b.Two()

        def h(made: b.One):
            def inner():
                made.turn()
            inner()
        """,
    "b.py": "class One:\n    def turn(self): pass\nclass Two:\n    def turn(self): pass\n",
}


def test_what_a_name_means_here_is_what_counts() -> None:
    """Neither a method without its object, nor a module behind a parameter, nor one of several types."""
    found = [item.text for item in combined(calls, SHADOWED).rows]

    assert found == [
        "a.py:5 C.other -> b.py:1 One",
        "a.py:9 C.again -> b.py:3 Two",
        "a.py:16 g -> b.py:1 One",
        "a.py:18 g -> b.py:3 Two",
        "a.py:22 h.inner -> b.py:2 One.turn",
        "a.py:23 h -> a.py:21 h.inner",
    ]
