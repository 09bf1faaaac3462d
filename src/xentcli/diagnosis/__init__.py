"""Which formula gives the number that somebody got?

A formula is put together from parts, one of each kind: how the values are read, in which
arithmetic, what is picked, how it is weighted, how the losses are put together … (``mistakes``, one
file a family). Of each kind one part is what is asked for; every other part is a departure from it.
Formulas are ranked by their tier, the number of their departures, those counted twice that are met
hardly ever or have a constant that nobody told; and within a tier by how often people make them
(the sum of the parts' ``rank``, less 2 where two mistakes come from one formula written out by
hand). A formula that holds a simpler matching one is left out.

All formulas of one departure are tried, and of two those that are not too unlikely together. Where
none gives the number, three common mistakes at a time are, and told only if few numbers of as many
digits would match any (see :func:`xentcli.diagnosis.search.matching.chance`).

A new mistake of a family is a constant in its file and its name in ``choices`` there; a new family
is a file, and its name in ``search/choices.py``.
"""
