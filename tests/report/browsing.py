"""A headless Chromium, and packages from npm, for tests of what a browser shows."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

CACHE = Path(tempfile.gettempdir()) / "pytest-llmgen-npm"
VERSIONS = {
    "axe-core": "4.14.1",
    "mutation-testing-elements": "3.9.0",
    "mutation-testing-report-schema": "3.8.4",
    "@microsoft/jest-sarif": "1.0.0-beta.0",
}
LIMIT = 60


@cache
def npm(name: str) -> Path:
    """The unpacked package, fetched once a machine; the test is skipped where npm can't bring it."""
    folder = CACHE / f"{name.replace('/', '-')}-{VERSIONS[name]}"
    if folder.is_dir():
        return folder / "package"
    if shutil.which("npm") is None:
        pytest.skip(f"npm is not installed: no {name}")
    with tempfile.TemporaryDirectory() as place:
        command = ["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{VERSIONS[name]}"]
        try:
            subprocess.run(command, cwd=place, timeout=LIMIT, check=True, capture_output=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"npm did not bring {name}: {error}")
        (archive,) = Path(place).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(Path(place) / "new", filter="data")
        CACHE.mkdir(exist_ok=True)
        if not folder.is_dir():  # another worker may have been faster
            shutil.move(Path(place) / "new", folder)
    return folder / "package"


def start_chromium(downloads: Path) -> Any:
    """A browser of our own; the test is skipped where there is none."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (extra: test)")
    if program is None or driver is None:
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for switch in SWITCHES:
        options.add_argument(switch)
    options.add_argument(f"--user-data-dir={downloads / 'profile'}")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=webdriver.ChromeService(driver), options=options)


SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
