"""Uploading a checkpoint or bare weights, and the list of what was uploaded."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from ancra import limits
from ancra.data.settings import DataSettings
from ancra.errors import AncraError
from ancra.models.recognition import Recognised
from app.answers import recipes, uploads
from app.answers.models import title_of
from app.answers.uploads import Added
from app.parts.onward import onward

ENDINGS = ["safetensors", "pt", "pth"]
ATTENTION = {0: "None", 1: "In the last block", 2: "In the last two blocks, as published"}
# The usual statistics of the training images, as most published code subtracts and divides.
NORMALISATIONS = {
    "None: pixels from 0 to 1": None,
    "CIFAR-10": ((0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616)),
    "CIFAR-100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
    "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


def upload_models() -> None:
    """The file, what it is, and what was uploaded before."""
    file = st.file_uploader("A checkpoint or a file of weights", type=ENDINGS, key="upload_model")
    st.caption(
        "A `.safetensors` checkpoint of this program, or `.pt` / `.pth` weights of its networks in any usual "
        f"spelling, up to {limits.UPLOAD_BYTES // 2**20} MB. Files are read without "
        "running anything in them; a wrong one is not kept."
    )
    if file is not None:
        _take(file)
    _list()


def _take(file: UploadedFile) -> None:
    """A file is looked at once; what came of it stays on the page as long as the file does."""
    outcomes: dict[str, Added | Recognised | AncraError] = st.session_state.setdefault("uploaded_models", {})
    if file.file_id not in outcomes:
        look = uploads.add_checkpoint if file.name.endswith(".safetensors") else uploads.inspect_weights
        try:
            outcomes[file.file_id] = look(file.getvalue(), file.name)
        except AncraError as error:
            outcomes[file.file_id] = error
        st.cache_data.clear()  # the lists of models follow at once
    found = outcomes[file.file_id]
    if isinstance(found, AncraError):
        st.error(f"{found} Nothing was kept.", icon=":material/error:")
    elif isinstance(found, Added):
        _say(found)
    else:
        _ask(file, found, outcomes)


def _say(added: Added) -> None:
    title = title_of(added.name)
    if added.known:
        st.info(f"This model is here already, as **{title}**: nothing was added.", icon=":material/check:")
    else:
        st.success(f"**{title}** is now in every page's list of models.", icon=":material/check:")
    onward(added.name)


def _ask(file: UploadedFile, found: Recognised, outcomes: dict[str, Added | Recognised | AncraError]) -> None:
    """What the file does not say itself."""
    colour = "grey" if found.channels == 1 else "colour"
    st.info(
        f"These are weights of a **{recipes.network_title(found.settings)}** for {found.classes} classes of {colour} "
        "images. The file does not say the rest:",
        icon=":material/search:",
    )
    with st.expander("What it was recognised by"):
        st.text("\n".join(found.evidence))  # it quotes the file, whose names may hold markup
    sets = {f"{one.name} (your images)": one.data for one in uploads.image_sets()}
    named = {recipes.DATASETS[name]: DataSettings(name=name) for name in recipes.DATASETS if name != "image_folder"}
    choices = {**named, **sets}
    title = st.text_input("Title", Path(file.name).stem, max_chars=80, key="weights_title")
    data = st.selectbox(
        "Trained on",
        list(choices),
        key="weights_data",
        help="Gives the names of the classes and the size of the images.",
    )
    blocks = st.selectbox(
        "Reverse attention", list(ATTENTION), format_func=ATTENTION.__getitem__, key="weights_attention",
        help="ANCRA's models have it in the last two blocks. It adds no weights, so the file cannot tell.",
    )  # fmt: skip
    known = (found.settings.mean, found.settings.std)
    fitting = {name: values for name, values in NORMALISATIONS.items() if values is None or found.channels == 3}
    normalisations = fitting if known[0] is None else {"As the file says": known}
    kind = st.selectbox(
        "Normalisation inside the model", list(normalisations), key="weights_norm",
        help="What its training subtracted from images and divided them by. A wrong one spoils the accuracy.",
    )  # fmt: skip
    if st.button("Add this model", type="primary", icon=":material/add:", key="add_weights"):
        mean, std = normalisations[kind] or (None, None)
        settings = found.settings.with_changes(reverse_attention_blocks=blocks, mean=mean, std=std)
        added = uploads.add_weights(file.getvalue(), file.name, title, settings, choices[data])
        st.cache_data.clear()
        outcomes[file.file_id] = added
        st.rerun()


def _list() -> None:
    models = uploads.models()
    if not models:
        st.caption("Nothing uploaded yet.")
        return
    st.markdown("**Uploaded models**")
    for name, card in models.items():
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(
                f"**{title_of(name)}**  \n{recipes.data_title(card.data)}, {len(card.classes)} classes, "
                f"{recipes.network_title(card.model)}",
                width="stretch",
            )
            if st.button("Delete", icon=":material/delete:", key=f"delete/{name}"):
                st.session_state["delete_model"] = name
                st.rerun()


def answer_presses() -> None:
    """Asks before a model is deleted."""
    name = st.session_state.pop("delete_model", None)
    if name is not None:
        ask_to_delete(name)


@st.dialog("Delete this model?", icon=":material/delete:")
def ask_to_delete(name: str) -> None:
    """Says what is lost, and deletes when told to."""
    st.markdown(
        f"**{title_of(name)}** leaves every page's list, and its file is removed. Results that were measured on "
        "it stay stored and are found again if you upload the same file."
    )
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", icon=":material/delete:", key="confirm_delete_model"):
            try:
                uploads.delete_model(name)
            except AncraError as error:
                st.error(str(error))
                return
            st.session_state.pop("uploaded_models", None)
            st.rerun()
        if st.button("Keep it", key="keep_model"):
            st.rerun()
