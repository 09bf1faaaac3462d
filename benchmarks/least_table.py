"""Shows a softmax with a command of Typer's and a table of Rich's, and does nothing else.

python benchmarks/least_table.py --logits "12.3,-5.2,31.4" --label 0
"""

import numpy as np
import typer
from rich.console import Console
from rich.table import Table


def ce(logits: str = typer.Option(...), label: int = typer.Option(...)) -> None:
    """Show the steps, and print the loss."""
    z = np.array([float(word) for word in logits.split(",")])
    shifted = z - z.max()
    exponentials = np.exp(shifted)
    probs = exponentials / exponentials.sum()
    table = Table("step", *map(str, range(z.size)))
    for name, values in [("z", z), ("d", shifted), ("e", exponentials), ("p", probs)]:
        table.add_row(name, *(f"{value:.4f}" for value in values.tolist()))
    Console().print(table)
    print(np.log(exponentials.sum()) - shifted[label])


if __name__ == "__main__":
    typer.run(ce)
