"""Coverage-guided fuzzing of the readers with atheris, as a part of ``make fuzz`` where that is installed.

python tests/fuzz/guided.py [--seconds 60] [READER ...]
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one reader from a good file; the process ends with it, by 0 where the reader survived everything."""
    import atheris

    with atheris.instrument_imports(include=["ancra"]):
        from ancra.errors import AncraError
        from tests.fuzz.test_readers import READERS

    with tempfile.TemporaryDirectory() as folder:
        os.environ["ANCRA_HOME"] = str(Path(folder) / "home")
        read, file, make = READERS[name]
        path, corpus = Path(folder) / "read" / file, Path(folder) / "corpus"
        path.parent.mkdir(parents=True)
        corpus.mkdir()
        (corpus / "good").write_bytes(make())

        def one(data: bytes) -> None:
            path.write_bytes(data)
            with suppress(AncraError):
                read(path)

        options = [f"-max_total_time={seconds}", "-verbosity=0", "-rss_limit_mb=4096"]
        atheris.Setup([sys.argv[0], str(corpus), *options], one)
        atheris.Fuzz()


def main() -> None:
    """Fuzz the readers one after another, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("readers", nargs="*")
    arguments = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed (pip install atheris): the coverage-guided part is left out")
        return
    if arguments.one:
        fuzz(arguments.readers[0], arguments.seconds)
    from tests.fuzz.test_readers import READERS

    failed = []
    for name in arguments.readers or READERS:
        command = [sys.executable, __file__, "--one", "--seconds", str(arguments.seconds), name]
        failed += [name] if subprocess.run(command).returncode else []
    print(f"failed: {', '.join(failed)}" if failed else "every reader gave a value or a sentence")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
