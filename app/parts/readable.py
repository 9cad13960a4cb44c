"""What Streamlit's own parts lack to be read and pressed by everybody, on every page."""

import streamlit as st

from app import state


def readable() -> None:
    """Text on the theme's colour has a contrast of 4.5 to 1, and what is touched is 44 px high."""
    st.html(f"""<style>
[data-testid="stBaseButton-primary"], [data-testid="stBaseButton-primary"] p,
[data-testid="stMultiSelect"] span[title], [data-testid="stMultiSelect"] span[title] + * {{
    color: {state.look().background} !important; }}
[data-testid="stMain"] code {{ font-size: 14px !important; }}
.js-plotly-plot .modebar-container {{ display: none; }}
@media (pointer: coarse) {{
    [data-testid="stMain"] :is(button[data-testid^="stBaseButton"], a[data-testid^="stPageLink"], [role="tab"],
        button[data-variant="segmented_control"], button[data-testid^="stPagination"],
        [data-testid="stSelectbox"] button, [data-testid="stNumberInput"] button, [data-testid="stPopoverButton"]) {{
        min-height: 44px; min-width: 44px; }}
}}
</style>""")
