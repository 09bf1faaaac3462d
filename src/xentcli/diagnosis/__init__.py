"""Which formula gives the number that somebody got?

A formula is made of parts, one of each kind: how the values are read, the arithmetic, what is
picked, the weights, the reduction … (``mistakes`` has a file for each kind or family). One part of
each kind is what the user asked for. Every other part is a departure from it, a mistake or a habit.

Matching formulas are ordered by their tier, which is the number of their departures; a departure
counts as two if it is met hardly ever, or needs a constant that the user did not give. Within a
tier they are ordered by how common they are: by the sum of the parts' ``rank``, less 2 where two
mistakes come from one formula written out by hand. A formula is left out where some of its
departures alone give the number.

All formulas with one departure are tried, and those with two unless they are too unlikely together.
Where none gives the number, three common mistakes at a time are tried. Such a match is reported
only if few numbers with as many digits would match any formula (see
:func:`xentcli.diagnosis.search.matching.chance`).

docs/extending.md says what a new mistake touches.
"""
