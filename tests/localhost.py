"""A web server of this process, for what is fetched: no test uses a network."""

import contextlib
import threading


@contextlib.contextmanager
def serving(server):
    """The server, answering in a thread of its own until the block ends."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
