"""The recipes of docs/testing.md work as they are written."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_recipes_work_as_they_are_written(tmp_path: Path) -> None:
    document = (ROOT / "docs/testing.md").read_text()
    codes = re.findall(r"^```python\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    assert codes
    for at, code in enumerate(codes):
        (tmp_path / f"test_{at}.py").write_text(code)
    count = sum(len(re.findall(r"^def test_", code, re.MULTILINE)) for code in codes)
    command = [sys.executable, "-m", "pytest", "-q", str(tmp_path)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert f"{count} passed" in ran.stdout, ran.stdout
