"""Drafts: a file is copied, the copy is edited, and what comes of it is written back all or nothing."""
