"""A Slurm cluster of one machine with one processor, in a folder of its own."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ancra.jobs.liveness import host_name
from benchmarks.serving import free_port

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
PATIENCE = 60.0  # seconds


def why_not() -> str:
    """Why there can be no cluster here; empty when there can."""
    missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if not _program(name)]
    if missing:
        return f"Slurm is not installed ({', '.join(missing)}): tests/integration/install_slurm.sh"
    return "" if os.geteuid() == 0 else "Slurm's daemons are started as root only"


@contextmanager
def slurm_cluster(folder: Path) -> Iterator[Path]:
    """Start a cluster, and end its daemons afterwards. Gives its slurm.conf; AssertionError when it stays down."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)  # munge looks at the way to its socket
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    file = folder / "slurm.conf"
    file.write_text(
        CONFIGURATION.format(folder=folder, host=host_name(), controller=free_port(), node=free_port()),
    )
    munge = [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "seed", "log")]
    with ExitStack() as daemons:
        daemons.enter_context(_daemon(folder, "munged", "--foreground", f"--socket={folder}/munge.socket", *munge))
        _wait(lambda: (folder / "munge.socket").exists(), folder)
        daemons.enter_context(_daemon(folder, "slurmctld", "-D", "-f", str(file)))
        daemons.enter_context(_daemon(folder, "slurmd", "-D", "-f", str(file), "-N", host_name()))
        _wait(lambda: "idle" in _said(file, "sinfo", "-h", "-o", "%t"), folder)
        yield file
        _wait(lambda: not _said(file, "scancel", "--user=root") and not _said(file, "squeue", "-h"), folder)


def _said(file: Path, *command: str) -> str:
    return subprocess.run(command, env={**os.environ, "SLURM_CONF": str(file)}, capture_output=True, text=True).stdout


@contextmanager
def _daemon(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    with (folder / f"{name}.out").open("wb") as output:
        process = subprocess.Popen([_program(name), *arguments], stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _program(name: str) -> str:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") or ""


def _wait(condition: object, folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():  # type: ignore[operator]
        outputs = "\n".join(path.read_text(errors="replace")[-800:] for path in folder.glob("*.out"))
        assert time.monotonic() < end, f"Slurm does not do as told: {outputs}"
        time.sleep(0.2)
