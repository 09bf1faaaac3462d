#!/bin/sh
# The perplexity of a small model of letters, and the mistakes on the way to it.
set -e
here=$(cd "$(dirname "$0")" && pwd)
texts="$here/texts.json"

# The labels are the letters themselves: unshifted, each position is scored with the letter it has seen.
echo "unshifted: $(xent ce "$texts" --class-axis -1 --quiet)"
echo "shifted:   $(xent ce "$texts" --class-axis -1 --shift --quiet)"

# Each text by itself: the mean over all letters is not the mean of the texts' means.
xent ce "$texts" --class-axis -1 --shift --by sample --format csv
xent ce "$texts" --class-axis -1 --shift --by sample --rows 0 --top 3

# The texts have 24 bytes: bits per byte do not depend on how the text was cut into tokens.
xent ce "$texts" --class-axis -1 --shift --bytes 24 --format json --no-steps

# The same from what a server returns.
echo "server:    $(xent nll "$here/responses.jsonl" --quiet)"
xent nll "$here/responses.jsonl" --bytes 24 --rows 0 --top 3
