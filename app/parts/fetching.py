"""What a page says where a model's images are not on this machine, and the press that fetches them."""

import streamlit as st

from ancra.data.places import Place
from app.access import may_change
from app.answers.images import begin_fetch, fetch_of, forget_fetch, missing
from app.guard import show_error


def offer_images(name: str) -> bool:
    """Say that the images of a checkpoint are missing and offer to fetch them; gives whether they are missing."""
    place = missing(name)
    if place is None:
        return False
    _panel(place)
    return True


@st.fragment(run_every=1)
def _panel(place: Place) -> None:
    going = fetch_of(place)
    job = going.job if going else None
    with st.container(border=True):
        st.markdown(f"**{place.title}** is not on this machine: {place.about}.")
        if going and job and not job.future.done():
            megabytes = " of ".join(f"{count / 1e6:.0f}" for count in (job.progress.done, job.progress.total))
            st.progress(job.progress.share or 0.0, text=f"Fetching {megabytes} MB …")
            st.button("Stop", key="fetch_stop", icon=":material/stop:", on_click=going.stop.set)
            return
        if job and job.future.done():
            error = job.future.exception()
            if error is None:
                forget_fetch(place)
                st.rerun(scope="app")
            show_error(error if isinstance(error, Exception) else RuntimeError(str(error)))
        if not may_change():
            return
        st.button(
            f"Fetch it ({place.download / 1e6:.0f} MB)",
            key="fetch",
            icon=":material/download:",
            type="primary",
            on_click=begin_fetch,
            args=(place,),
        )
        st.caption(f"From its authors' server, checked, into `{place.folder}`; or put it there by hand.")
