"""Uploading a checkpoint or bare weights, and the list of what was uploaded."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ancra import limits
from ancra.checkpoints import Card
from ancra.errors import AncraError
from ancra.models.recognition import Recognised
from app import compute
from app.answers import recipes, uploads
from app.answers.models import title_of
from app.answers.uploads import Added, Unrecognised
from app.parts.asking import answered, ask, question
from app.parts.onward import onward
from app.parts.press import pressed
from app.parts.uploads.describe import describe, network_of_plugin

Outcome = Added | Recognised | Unrecognised | AncraError | None
"""What came of a file; None once that was deleted."""
DELETE, OUTCOMES = "delete model", "uploaded_models"


def upload_models() -> None:
    """The file, what it is, and what was uploaded before."""
    file = st.file_uploader("A checkpoint or a file of weights", key="upload_model")
    st.caption(
        "A checkpoint of this program, or a PyTorch or safetensors file of weights, whatever it is called, up to "
        f"{limits.UPLOAD_BYTES // 2**20} MB: our networks in any usual spelling, torchvision's, timm's, a plugin's. "
        "Files are read without running anything in them; a wrong one is not kept."
    )
    if file is not None:
        _take(file)
    network_of_plugin(_say)
    _list()


def _take(file: UploadedFile) -> None:
    """A file is looked at once; what came of it stays on the page as long as the file does."""
    outcomes: dict[str, Outcome] = st.session_state.setdefault(OUTCOMES, {})
    if file.file_id not in outcomes:
        try:
            outcomes[file.file_id] = uploads.take(file.getvalue(), file.name)
        except AncraError as error:
            outcomes[file.file_id] = error
        compute.look_again()  # the lists of models follow at once
    found = outcomes[file.file_id]
    if isinstance(found, AncraError):
        st.error(f"{found} Nothing was kept.", icon=":material/error:")
    elif isinstance(found, Added):
        _say(found)
    elif found is not None:
        _ask(file, found, outcomes)


def _ask(file: UploadedFile, found: Recognised | Unrecognised, outcomes: dict[str, Outcome]) -> None:
    """What the file does not say itself."""
    colour = "grey" if found.channels == 1 else "colour"
    if isinstance(found, Recognised):
        st.info(
            f"These are weights of a **{recipes.network_title(found.settings)}** for {found.classes} classes of "
            f"{colour} images. The file does not say the rest:",
            icon=":material/search:",
        )
        with st.expander("What it was recognised by"):
            st.text("\n".join(found.evidence))  # it quotes the file, whose names may hold markup
    else:
        st.info(f"{found.reason} Name its network below, and it is tried.", icon=":material/search:")
    for sentence in found.aside:
        st.text(sentence)  # it quotes the file, too
    asked = describe(found, Path(file.name).stem)
    if pressed("Add this model", type="primary", icon=":material/add:", key="add_weights", disabled=asked is None):
        assert asked is not None
        outcomes[file.file_id] = uploads.add_weights(file.getvalue(), file.name, asked.title, asked.model, asked.images)
        compute.look_again()
        st.rerun()


def _say(added: Added) -> None:
    title = title_of(added.name)
    if added.known:
        st.info(f"This model is here already, as **{title}**: nothing was added.", icon=":material/check:")
    else:
        st.success(f"**{title}** is now in every page's list of models.", icon=":material/check:")
    onward(added.name)


def _list() -> None:
    models = uploads.models()
    if not models:
        st.caption("Nothing uploaded yet.")
        return
    st.markdown("**Uploaded models**")
    for name, card in models.items():
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(
                f"**{title_of(name)}**  \n{_images_of(card)}, {len(card.classes)} classes, "
                f"{recipes.network_title(card.model)}",
                width="stretch",
            )
            if pressed("Delete", icon=":material/delete:", key=f"delete/{name}"):
                ask(DELETE, name)
                st.rerun()


def _images_of(card: Card) -> str:
    return "no images" if card.data.is_none else recipes.data_title(card.data)


@question("Delete this model?", icon=":material/delete:")
def ask_to_delete(name: str) -> None:
    """Says what is lost, and deletes when told to."""
    st.markdown(
        f"**{title_of(name)}** leaves every page's list, and its file is removed. Results that were measured on "
        "it stay stored and are found again if you upload the same file."
    )
    with st.container(horizontal=True):
        if pressed("Delete it", type="primary", icon=":material/delete:", key=f"confirm_delete_model/{name}"):
            try:
                uploads.delete_model(name)
            except AncraError as error:
                st.error(str(error))
                return
            # Its file may still be in the uploader, and is not to be taken in again.
            st.session_state[OUTCOMES] = dict.fromkeys(st.session_state.get(OUTCOMES, {}))
            answered()
        if pressed("Keep it", key="keep_model"):
            answered()
