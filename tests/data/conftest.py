"""Tests of data sets: nothing of this machine's own data, and no network."""

import socket

import pytest

from minigan.data import sources

VARIABLES = ("MINIGAN_DATA", "MINIGAN_CACHE_DIR", "KERAS_HOME", "XDG_CACHE_HOME")


@pytest.fixture(autouse=True)
def clean(request, tmp_path, monkeypatch):
    """A home, a current folder and a system folder in which there is nothing."""
    if request.node.get_closest_marker("data"):
        return
    for variable in (*VARIABLES, "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    monkeypatch.setattr(sources, "SYSTEM", tmp_path / "system")
    resolve = socket.getaddrinfo

    def only_here(host, *arguments, **options):
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
