"""Attack: one image against two models, step by step."""

import streamlit as st

from app import state

st.title("Attack")
state.require_models()
