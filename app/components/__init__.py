"""Our own Streamlit components: the Python side of each, whose script is in ``ancra/web``."""
