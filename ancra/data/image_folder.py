"""Images of any size in one folder a class or beside a table of labels, in a folder or an archive; packed ones too."""

from ancra.data.dataset import Dataset, Split
from ancra.data.files import open_files
from ancra.data.grouping import flatten
from ancra.data.layout import read_layout
from ancra.data.memory_mapped import decode_images
from ancra.data.npz_images import is_npz, load_npz
from ancra.data.parquet_images import load_parquet, shards
from ancra.data.settings import DataSettings
from ancra.data.splitting import stratified_split
from ancra.errors import AncraError
from ancra.progress import OnProgress

IMAGE_SIZE = 32


def load_image_folder(settings: DataSettings, on_progress: OnProgress | None = None) -> Dataset:
    """Your own images: ``CLASS/image`` (split by ``split_seed``) or ``train/CLASS/image`` and ``test/CLASS/image``.

    Classes may also stand in a table beside the images; ``.npz`` files of MedMNIST's form and folders of Parquet files
    load too. The images are resized to ``image_size`` (32 by default) in colour, or in grey where ``channels`` is 1.

    Raises AncraError: no root, no images, no classes, a single class, a class with one image, broken images.
    """
    if settings.root is None:
        raise AncraError("The dataset image_folder needs data.root: the folder (or zip) with one folder a class.")
    root = settings.root.expanduser()
    if is_npz(root):
        return load_npz(settings, root)
    if shards(open_files(root)):
        return load_parquet(settings, root, on_progress)
    layout = read_layout(root)
    files, classes = layout.files, layout.classes
    names, labels = flatten(layout.train, classes)
    if layout.test:
        test_names, test_labels = flatten(layout.test, classes)
    else:
        kept, held_out = stratified_split(labels, settings.test_fraction, settings.split_seed)
        test_names, test_labels = [names[i] for i in held_out.tolist()], labels[held_out]
        names, labels = [names[i] for i in kept.tolist()], labels[kept]
    side = settings.image_size or IMAGE_SIZE
    images = decode_images(files, names + test_names, settings.channels or 3, (side, side), on_progress)
    count = len(names)
    return Dataset(settings.images, classes, Split(images[:count], labels), Split(images[count:], test_labels))
