"""Uploading a folder of images as an archive, and a look at what was uploaded."""

import streamlit as st

from ancra import limits
from ancra.errors import AncraError
from ancra.uploads.images import ImageSet
from app import state
from app.answers import runs, uploads
from app.figures.image_sheet import image_sheet
from app.parts.asking import answered, ask, question
from app.parts.press import pressed
from app.parts.train.cards import new_run_from
from app.parts.train.form import FIRST

PER_CLASS, CLASSES = 8, 12
DELETE, OUTCOMES = "delete images", "uploaded_images"
Outcome = tuple[ImageSet, bool] | AncraError | None
"""What came of a file; None once that was deleted."""
ENDINGS = ("zip", "tar", "tgz", "gz", "xz", "bz2", "npz")
# Photographs are attacked and varied as in the paper; the digits recipe is for 8 x 8 pixels.
FOR_PHOTOGRAPHS = ("attack.epsilon=8/255", "augmentation.crop_padding=4", "augmentation.horizontal_flip=true")


def upload_images() -> None:
    """The archive, what is in it, and what was uploaded before."""
    file = st.file_uploader("An archive with one folder a class", type=list(ENDINGS), key="upload_images")
    st.caption(
        f"`cat/1.jpg`, `dog/1.jpg` and so on (a fifth is held out for testing), or `train/cat/...` and `test/cat/...`, "
        "or images beside a table `labels.csv`, as a zip or tar archive; or a `.npz` of MedMNIST's form. Up to "
        f"{limits.UPLOAD_BYTES // 2**20} MB. Every image is opened once; a wrong archive is not kept."
    )
    if file is not None:
        outcomes: dict[str, Outcome] = st.session_state.setdefault(OUTCOMES, {})
        if file.file_id not in outcomes:
            try:
                outcomes[file.file_id] = uploads.add_images(file.getvalue(), file.name)
            except AncraError as error:
                outcomes[file.file_id] = error
        _say(outcomes[file.file_id])
    sets = uploads.image_sets()
    if not sets:
        st.caption("Nothing uploaded yet.")
    for one in sets:
        with st.container(border=True):
            _show(one)


def _say(found: Outcome) -> None:
    if found is None:
        return
    if isinstance(found, AncraError):
        st.error(f"{found} Nothing was kept.", icon=":material/error:")
    elif found[1]:
        st.info(f"These images are here already, as **{found[0].name}**: nothing was added.", icon=":material/check:")
    else:
        st.success(f"**{found[0].name}** can now be trained on.", icon=":material/check:")


def _show(one: ImageSet) -> None:
    train, test = sum(one.train.values()), sum(one.test.values())
    split = f"{train:,} images for training, {test:,} for testing" if test else f"{train:,} images, a fifth for testing"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{one.name}**  \n{len(one.train)} classes, {split}", width="stretch")
        if pressed("Train on it", type="primary", icon=":material/model_training:", key=f"train_on/{one.name}"):
            st.session_state["train_on"] = one.name
            st.rerun()
        if pressed("Delete", icon=":material/delete:", key=f"delete_images/{one.name}"):
            ask(DELETE, one.name)
            st.rerun()
    pictures = uploads.preview(one.name, one.about.digest, PER_CLASS, CLASSES)
    st.html(image_sheet(pictures, one.train, one.test, state.look()))
    more = len(one.train) - len(pictures)
    rest = f" {more} more classes are not shown." if more > 0 else ""
    side = next(iter(pictures.values())).shape[-1]
    st.caption(f"The first images of each class as a model sees them: {side} x {side} pixels, cut to a square.{rest}")
    _show_report(one)


def _show_report(one: ImageSet) -> None:
    """Where the classes come from, and what is not used."""
    about = one.about
    found = {f"Images {reason}": count for reason, count in about.unused.items()}
    found |= {f"Files that are no images that are read here: {ending}": n for ending, n in about.left_out.items()}
    if about.labels != "folders":
        st.caption(f"What each image shows is said by: {about.labels}.")
    for sentence in about.notes:
        st.text(sentence)  # it quotes the names of folders, which may hold markup
    if found:
        st.dataframe(
            {"Count": list(found.values()), "Not used": list(found)},
            # The count comes first: on a phone there is no room beside a sentence.
            column_config={"Count": st.column_config.NumberColumn(width=70)},
            hide_index=True,
            key=f"report/{one.name}",
            alt=f"What of {one.name} is not used, and how much of it",
        )


def train_on(name: str) -> None:
    """Open the form on an uploaded image set. To be called before the page is drawn."""
    root = next(one.root for one in uploads.image_sets() if one.name == name)
    new_run_from(FIRST, ["data.name=image_folder", f"data.root={root}", *FOR_PHOTOGRAPHS])


@question("Delete these images?", icon=":material/delete:")
def ask_to_delete(name: str) -> None:
    """Says what is lost, and deletes when told to."""
    users = [run.name for run in runs.views().values() if run.recipe.data.root and name in run.recipe.data.root.parts]
    needed = (
        f" **{len(users)} {'run was' if len(users) == 1 else 'runs were'} trained on them**: their models can then "
        "no longer be attacked, mapped or evaluated here."
        if users
        else ""
    )
    st.markdown(f"**{name}** is removed from the workspace.{needed} It can be brought back for a day.")
    with st.container(horizontal=True):
        if pressed("Delete them", type="primary", icon=":material/delete:", key=f"confirm_delete_images/{name}"):
            try:
                uploads.delete_images(name)
            except AncraError as error:
                st.error(str(error))
                return
            # Its file may still be in the uploader, and is not to be taken in again.
            st.session_state[OUTCOMES] = dict.fromkeys(st.session_state.get(OUTCOMES, {}))
            answered()
        if pressed("Keep them", key="keep_images"):
            answered()
