"""The paper's own tables and figures from what is stored of a set of models, as a folder for LaTeX."""
