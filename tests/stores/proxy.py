"""A proxy before a store of this machine that does what goes wrong on the way, and keeps what it was asked."""

import http.client
import http.server
import socket
import threading
import time


class Proxy:
    """Passes requests on to a port. What `fault` makes of one, given how often it was asked before, method, path and range, happens to it:

    None        it is passed on
    a number    so many seconds later
    "busy"      503 SlowDown
    "denied"    403 AccessDenied
    "conflict"  409 ConditionalRequestConflict
    "reset"     it is done, and the answer breaks off half-way; of a write nothing is answered
    "done busy" it is done, and 503 SlowDown is answered all the same
    a function  called first, and then it is passed on
    """

    def __init__(self, port):
        self.port = port
        self.asked = []
        self.dropped = None
        self.fault = lambda order, method, path, span: None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        # Who asked may be gone.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def begin(self, fault=None, dropped=None):
        """From here on this fault, and requests without this header; forgets what was asked."""
        self.asked = []
        self.dropped = dropped
        self.fault = fault or (lambda order, method, path, span: None)

    def opened(self):
        """Names of the objects that were read, each once."""
        return sorted({path.split("?")[0].rsplit("/", 1)[-1] for method, path, _ in self.asked if method == "GET" and "list-type" not in path})

    def handler(proxy):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                span = self.headers.get("Range")
                order = sum(1 for asked in proxy.asked if asked[:2] == (self.command, self.path))
                proxy.asked.append((self.command, self.path, span))
                fault = proxy.fault(order, self.command, self.path, span)
                if callable(fault):
                    fault()
                elif isinstance(fault, (int, float)):
                    time.sleep(fault)
                elif fault == "busy":
                    return self.say(503, "SlowDown", "Please reduce your request rate.")
                elif fault == "denied":
                    return self.say(403, "AccessDenied", "Access Denied")
                elif fault == "conflict":
                    return self.say(409, "ConditionalRequestConflict", "A conflicting operation is under way.")
                upstream = http.client.HTTPConnection("127.0.0.1", proxy.port)
                headers = {name: value for name, value in self.headers.items() if name.lower() != (proxy.dropped or "").lower()}
                upstream.request(self.command, self.path, sent or None, headers)
                answer = upstream.getresponse()
                body = answer.read()
                if fault == "done busy":
                    return self.say(503, "SlowDown", "Please reduce your request rate.")
                if fault == "reset" and self.command != "GET":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return None
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                        self.send_header(name, value)
                length = int(answer.getheader("Content-Length") or len(body)) if self.command == "HEAD" else len(body)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if fault == "reset":
                    self.wfile.write(body[: len(body) // 2])
                    self.close_connection = True
                    self.connection.close()
                else:
                    self.wfile.write(body)

            do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

            def say(self, status, code, message):
                body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
