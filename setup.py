"""Copies the catalogue of data sets, which is kept at the top of the project, into the built package."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCatalogue(build_py):
    """`build_py` that also ships datasets.yaml."""

    def run(self):
        """Build, then copy."""
        super().run()
        if not self.editable_mode:
            self.copy_file("datasets.yaml", str(Path(self.build_lib, "cosmic_lib", "datasets.yaml")))


setup(cmdclass={"build_py": BuildWithCatalogue})
