"""The texts that the table is trained on: packages, licences and shares.

Every licence lets text be used, changed and passed on for any purpose; it is
that of the package's own files as its copyright file gives it. Nothing that
Askdesk is measured on is here.
"""

import dataclasses
import pathlib
import subprocess
import zipfile


@dataclasses.dataclass(frozen=True)
class Source:
    package: str
    licence: str
    glob: str  # of the files that are read, below the unpacked package
    most: int = 1500  # passages taken of it, chosen by the seed
    skip: tuple = ()  # parts of paths that are left out


DEBIAN = [
    Source("python3.11-doc", "PSF-2.0", "**/html/**/*.html", 2200, ("whatsnew", "genindex", "changelog", "license")),
    Source("postgresql-doc-15", "PostgreSQL", "**/html/*.html", 2600, ("release-", "infoschema", "bookindex")),
    Source("sqlite3-doc", "public domain", "**/sqlite3/**/*.html", 1800, ("c3ref", "releaselog", "changes", "capi3")),
    Source("apache2-doc", "Apache-2.0", "**/manual/en/**/*.html", 2000),
    Source("nodejs-doc", "MIT", "**/*.html", 1000, ("changelog",)),
    Source("python-django-doc", "BSD-3-Clause", "**/html/**/*.html", 2200, ("releases", "genindex")),
    Source("docker-doc", "Apache-2.0", "**/*.md*", 1200),
    Source("keystone-doc", "Apache-2.0", "**/html/**/*.html", 700, ("/api/", "genindex")),
    Source("rust-doc", "MIT or Apache-2.0", "**/html/book/*.html", 1200, ("print.html",)),
    Source("python-flask-doc", "BSD-3-Clause", "**/html/**/*.html", 500, ("genindex", "changes")),
    Source("python-requests-doc", "Apache-2.0", "**/html/**/*.html", 300, ("genindex", "changes")),
    Source("python-sqlalchemy-doc", "MIT", "**/html/**/*.html", 1000, ("changelog", "genindex")),
    Source("python-scrapy-doc", "BSD-3-Clause", "**/html/**/*.html", 600, ("news", "genindex")),
    Source("python-certbot-doc", "Apache-2.0", "**/html/**/*.html", 600, ("genindex", "/api/")),
    Source("varnish-doc", "BSD-2-Clause", "**/html/**/*.html", 700, ("changes", "whats-new", "genindex")),
    Source("tomcat10-docs", "Apache-2.0", "**/docs/*.html", 1200, ("changelog",)),
    Source("sphinx-doc", "BSD-2-Clause", "**/html/**/*.html", 600, ("changes", "genindex")),
    Source("mkdocs-doc", "BSD-2-Clause", "**/*.html", 500, ("release-notes",)),
    Source("h2o-doc", "MIT", "**/h2o/*.html", 300),
    Source("borgbackup-doc", "BSD-3-Clause", "**/html/**/*.html", 1500, ("changes", "genindex")),
    Source("beets-doc", "MIT", "**/html/**/*.html", 1000, ("changelog", "genindex")),
    Source("mopidy-doc", "Apache-2.0", "**/html/**/*.html", 600, ("changelog", "genindex")),
    Source("alpine-doc", "Apache-2.0", "**/*.html", 800),
    Source("yt-dlp", "Unlicense", "**/README.txt*", 500),
    Source("wordnet-base", "WordNet 3.0", "", 14000),
]
PYPI = [Source("chatterbot-corpus==1.3.3", "BSD-3-Clause", "chatterbot_corpus/data/english/*.yml", 2500)]


def fetch(folder: pathlib.Path) -> dict[str, str]:
    """Downloads and unpacks what is not there yet; returns package: version."""
    folder.mkdir(parents=True, exist_ok=True)
    versions = {}
    for s in DEBIAN:
        if not any(folder.glob(f"{s.package}_*.deb")):
            subprocess.run(["apt-get", "download", "-q", s.package], cwd=folder, check=True)
        deb = sorted(folder.glob(f"{s.package}_*.deb"))[-1]
        versions[s.package] = deb.name.split("_")[1].replace("%3a", ":")
        if not (folder / s.package).exists():
            subprocess.run(["dpkg", "-x", deb.name, s.package], cwd=folder, check=True)
    for s in PYPI:
        name, version = s.package.split("==")
        if not any(folder.glob(f"{name.replace('-', '_')}-*.whl")):
            subprocess.run(["pip", "download", "-q", "--no-deps", "-d", folder, s.package], check=True)
        versions[name] = version
        if not (folder / s.package).exists():
            wheel = next(folder.glob(f"{name.replace('-', '_')}-*.whl"))
            zipfile.ZipFile(wheel).extractall(folder / s.package)
    return versions
