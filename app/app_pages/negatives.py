"""Negatives: which example of another class each strategy picks, and why."""

import streamlit as st

from app import state

st.title("Negatives")
state.require_models()
