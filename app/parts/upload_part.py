"""The part of the Train page that takes in what people bring: models and folders of images."""

import streamlit as st

from app.guard import guard
from app.parts import upload_images, upload_models


def upload_part() -> None:
    """Models on the left, images on the right."""
    upload_models.answer_presses()
    upload_images.answer_presses()
    left, right = st.columns(2, gap="large")
    with left, guard():
        st.subheader("A model", anchor=False)
        upload_models.upload_models()
    with right, guard():
        st.subheader("Images to train on", anchor=False)
        upload_images.upload_images()
