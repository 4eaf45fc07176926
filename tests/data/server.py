"""A web server on this machine that serves, and misserves, data sets."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What a server has: {path: bytes}, and how it behaves.

    cut: bytes after which the connection is dropped.  pause: seconds between pieces.
    """

    def __init__(self):
        self.pages, self.cut, self.pause, self.asked = {}, {}, 0.0, []

    def add_folder(self, folder, prefix="/"):
        for path in folder.iterdir():
            self.pages[prefix + path.name] = path.read_bytes()


@contextmanager
def serving():
    """A running server: (its site, its address)."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            site.asked.append(self.path)
            content = site.pages.get(self.path)
            if content is None:
                self.send_error(404, "Not Found")
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            content = content[: site.cut.get(self.path, len(content))]
            pieces = 20 if site.pause else 1
            size = -(-len(content) // pieces)
            try:
                for start in range(0, len(content), size):
                    self.wfile.write(content[start : start + size])
                    self.wfile.flush()
                    time.sleep(site.pause)
            except OSError:  # the other side went away
                pass

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site, f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
