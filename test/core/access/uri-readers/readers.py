"""Prints the paths that servers in Python would open for each URI of standard input, as JSON lines."""
import json
import os.path
import pathlib
import sys
from urllib.parse import unquote, urlparse, urlsplit
from urllib.request import url2pathname


def absolute(path):
    return os.path.normpath(os.path.join("/", path.split("\0")[0]))


READERS = {
    "os.path, text after file://": lambda uri: absolute(uri[7:]),
    "os.path, unquote": lambda uri: absolute(unquote(uri[7:])),
    "os.path, unquote twice": lambda uri: absolute(unquote(unquote(uri[7:]))),
    "urlparse().path": lambda uri: absolute(urlparse(uri).path),
    "urlparse().path, unquote": lambda uri: absolute(unquote(urlparse(uri).path)),
    "url2pathname": lambda uri: absolute(url2pathname(urlsplit(uri).path)),
    "pathlib": lambda uri: absolute(str(pathlib.PurePosixPath(unquote(urlparse(uri).path)))),
    "netloc and path": lambda uri: absolute(urlparse(uri).netloc + urlparse(uri).path),
    "windows separators": lambda uri: absolute(unquote(uri[7:]).replace("\\", "/")),
}

for line in sys.stdin:
    uri = json.loads(line)
    found = {}
    for name, read in READERS.items():
        try:
            found[name] = read(uri)
        except ValueError:
            pass
    print(json.dumps(found))
