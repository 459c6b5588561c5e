"""A server of a protocol of lines (SMTP, IMAP, POP3, FTP, ...) for scripts to play."""


class Lines:
    """A server that answers lines: the first rule whose word begins the line gives the answer."""

    def __init__(self, greeting, rules, otherwise, end=None):
        self.greeting, self.rules, self.otherwise, self.end = greeting, rules, otherwise, end

    def __call__(self, connection):
        if self.greeting:
            connection.sendall(self.greeting.encode())
        stream = connection.makefile("rb")
        for line in stream:
            if not line.strip().isascii() or b"\0" in line:
                connection.sendall(self.otherwise.replace("TAG", "*").encode())
                return
            text = line.decode().strip()
            tag, _, rest = text.partition(" ")
            for word, answer in self.rules:
                if text.upper().startswith(word) or rest.upper().startswith(word):
                    connection.sendall(answer.replace("TAG", tag).encode())
                    break
            else:
                connection.sendall(self.otherwise.replace("TAG", tag).encode())
            if text.upper().startswith("QUIT"):
                return
