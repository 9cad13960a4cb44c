"""How much of what a stranger sends is read: every reader takes its own limit from here, before it does the work."""

TEXT = 1_000
"""Characters of a sentence that is said, whatever it repeats."""
REPEATED = 200
"""Characters of a value that a sentence repeats."""
TITLE = 200
"""Characters of a title in a checkpoint's card."""
DESCRIPTION = 4_000
"""Characters of a description in a checkpoint's card."""
EVALUATIONS = 1_000
"""Rows of evaluations in a checkpoint's card."""
CARD_BYTES = 8 * 2**20
"""The head of a checkpoint: its card and the places of its tensors."""
DENSE_RATIO = 4
"""How many times larger than its file the tensors of a weight file may be; weights are noise, nothing shrinks them."""

IMAGE_SIDE = 512
"""Pixels a side of the images that a model takes."""
PIXELS = 64_000_000
"""Pixels of a picture, by its header, before it is decoded."""
PIXEL_SIDE = 40_000
"""Pixels of a picture's longer side."""

STRUCTURED_BYTES = 32 * 2**20
"""A file of JSON."""
YAML_BYTES = 2**20
"""A recipe, a plan, a value of a setting."""
DEPTH = 40
"""Tables and lists within one another, in YAML."""
METRICS_BYTES = 64 * 2**20
"""The metrics of a run."""
METRICS_ROWS = 20_000
"""Epochs of a run that are read."""

UPLOAD_BYTES = 400 * 2**20
"""One file that is uploaded; the app's config.toml (server.maxUploadSize) names the same, in MB."""
SESSION_BYTES = 2 * UPLOAD_BYTES
"""Files that one session of the app may hold."""
UPLOADS_BYTES = 32 * 2**30
"""All uploads of a workspace."""
FILE_BYTES = 128 * 2**20
"""One file of a dataset, unpacked."""
FILES = 250_000
"""Files in an archive or a folder of images."""
ARCHIVE_BYTES = 8 * 2**30
"""All files of an archive, unpacked."""
ARCHIVE_RATIO = 100
"""How many times larger than itself an archive's content may be; photographs shrink by a few per cent."""
SMALL_ARCHIVE_BYTES = 64 * 2**20
"""An archive with less content than this is harmless, whatever its ratio."""

STORED_BYTES = 2 * 2**30
"""Stored results of one kind: traces of attacks, maps, features and so on."""
TAGS = 20
"""Tags of a run."""
ACTIVE_RUNS = 50
"""Runs that train or wait, as far as the app starts them."""
SWEEP_RUNS = 10_000
"""Runs of one sweep."""
SECONDS = 1e10
"""Times, in seconds since 1970: the year 2286."""
