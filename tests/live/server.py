"""TLS servers for check_live.py, in a network namespace of their own.

    server.py FOLDER ADDRESS

FOLDER holds server.pem. Prints "ready" once every port listens, and ends with its standard input.
"""

import pathlib
import socket
import ssl
import sys
import threading

GOOD = 443     # TLS 1.2 and 1.3
MODERN = 8443  # TLS 1.3 alone: who offers less is told so by an alert
SILENT = 9443  # takes connections, and says nothing


def context(folder, least):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = least
    made.load_cert_chain(folder / "server.pem")
    return made


def answer(connection, tls):
    """A handshake, and one byte back for each that comes."""
    try:
        connection.settimeout(20)
        with tls.wrap_socket(connection, server_side=True) as channel:
            channel.sendall(channel.recv(1))
            channel.recv(1)
    except OSError:
        connection.close()


def serve(listener, tls):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, tls), daemon=True).start()


def keep(listener, kept):
    while True:
        kept.append(listener.accept()[0])


def listen(address, port):
    listener = socket.create_server((address, port), backlog=512)
    return listener


def main():
    folder, address = pathlib.Path(sys.argv[1]), sys.argv[2]
    for port, least in ((GOOD, ssl.TLSVersion.TLSv1_2), (MODERN, ssl.TLSVersion.TLSv1_3)):
        arguments = (listen(address, port), context(folder, least))
        threading.Thread(target=serve, args=arguments, daemon=True).start()
    threading.Thread(target=keep, args=(listen(address, SILENT), []), daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
