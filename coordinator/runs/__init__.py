"""A call over sources, from what it is about to its answer. Start with `fanout.py`.

`work` says what a call wants, `earlier` and `recall` what is known already, `batches` and `jobs` what goes to
workers, `ordered`, `merge` and `page` what comes of their answers, `results` where a large one can be read.
"""
