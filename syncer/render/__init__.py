"""Plans, problems and results as text, Markdown, HTML and JSON; console only here and in `cli/`."""
