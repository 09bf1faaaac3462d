"""Which formula gives the number that somebody got?

A formula is put together from parts, one of each kind: how the values are read, in which
arithmetic, what is picked, how it is weighted, how the losses are put together … (one file a
family). Of each kind one part is what ``ce`` does with the same options; every other part is a
departure from it. Formulas are ranked by the number of their departures, and among equals by how
often people make them (the sum of the parts' ``rank``, less 2 where two mistakes come from one
formula written out by hand). A formula that holds a simpler matching one is left out.

All formulas of up to two departures are tried. Where none gives the number, three common mistakes
at a time are, and told only if few numbers of as many digits would match any (see
:func:`xentcli.diagnosis.search.matching.chance`).
"""
