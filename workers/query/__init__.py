"""Questions to syntax trees: tree-sitter queries, and patterns written as code with holes."""
