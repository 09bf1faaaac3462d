"""Pages as HTML and SVG, and worked samples as Markdown."""
