"""Answers drawn for people: tables on a terminal, and a map of a folder's code as a picture."""
