"""From arrays to answers: what each command computes, which steps it shows, what it sums up to."""
