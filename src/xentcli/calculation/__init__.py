"""From arrays to answers: what each command computes, its steps, its figures, and its report."""
