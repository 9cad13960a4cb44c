"""Our own Streamlit components: one Python file and one JavaScript file each."""
