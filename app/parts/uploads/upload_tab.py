"""The part of the Train page that takes in what people bring: models and folders of images."""

import streamlit as st

from app.guard import guard
from app.parts.uploads import images, models


def upload_part() -> None:
    """Models on the left, images on the right."""
    left, right = st.columns(2, gap="large")
    with left, guard():
        st.header("A model", anchor=False)
        models.upload_models()
    with right, guard():
        st.header("Images to train on", anchor=False)
        images.upload_images()
