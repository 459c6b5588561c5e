"""How to start the programs of every day that bring TLS along: web servers, proxies and brokers; languages and tools as clients.

    serve(lab, "apache", tls="1.2", ask="need", cert="expired", more="")
    connect(lab, "ruby", own=shown(lab, "client"), verify=True)

serve's words: tls: "1.2" or "1.3" only, None both; ask: "want" or "need" a client certificate; cert: a name of pki.py or a Shown;
more: further lines of the program's configuration. Every server listens on port 443 and answers a request with a little HTTP;
every client asks for https://server.example/. Neither writes a key log.
"""

import os
import subprocess

import lab as laboratory
from lab import HERE
from pki import NAME
from stacks import PEERS, pairs, shown

URL = f"https://{NAME}/"
CALLED = {"apache": "apache2", "wget": "wget", "git": "git (GnuTLS)", "ruby": "ruby", "perl": "perl IO::Socket::SSL", "php": "php",
          "bun": "bun (BoringSSL)", "deno": "deno (rustls)", "aws": "aws-crt (s2n)", "ldap": "ldapsearch (GnuTLS)",
          "lighttpd": "lighttpd", "caddy": "caddy (Go)", "h2o": "h2o (picotls)", "stunnel": "stunnel", "hitch": "hitch"}
laboratory.STACKS.update({
    "apache2": ["apache2", "-v"], "git": ["git", "--version"], "perl": ["dpkg-query", "-W", "libio-socket-ssl-perl"],
    "ldapsearch": ["dpkg-query", "-W", "ldap-utils"], "caddy": ["caddy", "version"], "stunnel": ["dpkg-query", "-W", "stunnel4"],
    "lighttpd": ["lighttpd", "-v"],
    "aws-crt": ["sh", "-c", "npm list -g aws-crt | grep -o aws-crt@.*"], "mosquitto": ["dpkg-query", "-W", "mosquitto"],
    "postgres": ["dpkg-query", "-W", "postgresql"], "squid": ["dpkg-query", "-W", "squid-openssl"],
})


def pages(lab):
    lab.file("www/index.html", "hello\n")
    os.chmod(lab.folder, 0o755)
    return lab.folder / "www"


def behind(lab):
    """A little HTTP server for those that only take TLS off."""
    def answer(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
    lab.script_server(answer, port=8080, host="127.0.0.1")


APACHE = """\
ServerRoot {dir}
PidFile {dir}/apache.pid
DefaultRuntimeDir {dir}
Mutex file:{dir}
ServerName server.example
{modules}
User www-data
Group www-data
ErrorLog /dev/stderr
Listen 443
DocumentRoot {www}
SSLEngine on
SSLCertificateFile {own.chain}
SSLCertificateKeyFile {own.key}
{lines}
"""


def apache(lab, own, tls, ask, more):
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
                        for name in ("mpm_event", "authz_core", "dir", "socache_shmcb", "ssl"))
    lines = [f"SSLProtocol {'TLSv' + tls if tls else 'all'}", f"SSLCACertificateFile {lab.pki.root}", "SSLVerifyDepth 3"]
    lines += [f"SSLVerifyClient {'require' if ask == 'need' else 'optional'}"] if ask else []
    text = APACHE.format(dir=lab.folder, www=pages(lab), own=own, modules=modules, lines="\n".join(lines + [more]))
    return ["apache2", "-X", "-f", lab.file("apache.conf", text)]


def lighttpd(lab, own, tls, ask, more):
    lines = ['server.modules = ("mod_openssl")', f'server.document-root = "{pages(lab)}"', "server.port = 443",
             'index-file.names = ("index.html")', 'ssl.engine = "enable"', f'ssl.pemfile = "{own.chain}"', f'ssl.privkey = "{own.key}"']
    if tls:
        lines += [f'ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv{tls}", "MaxProtocol" => "TLSv{tls}")']
    return ["lighttpd", "-D", "-f", lab.file("lighttpd.conf", "\n".join(lines + [more, ""]))]


def hitch(lab, own, tls, ask, more):
    behind(lab)
    lines = ['frontend = "[*]:443"', 'backend = "[127.0.0.1]:8080"', f'pem-file = "{own.both}"', "workers = 1", 'user = "nobody"',
             f"tls-protos = {'TLSv' + tls if tls else 'TLSv1.2 TLSv1.3'}"]
    lines += [f"client-verify = {'required' if ask == 'need' else 'optional'}", f'client-verify-ca = "{lab.pki.root}"'] if ask else []
    return ["hitch", "--config=" + lab.file("hitch.conf", "\n".join(lines + [more, ""]))]


def stunnel(lab, own, tls, ask, more):
    behind(lab)
    lines = ["foreground = yes", "pid =", "[tls]", "accept = 443", "connect = 127.0.0.1:8080"]
    lines += [f"cert = {own.chain}", f"key = {own.key}"] if own else []
    lines += [f"sslVersion = TLSv{tls}"] if tls else []
    lines += [f"verifyChain = yes\nCAfile = {lab.pki.root}"] if ask else []
    return ["stunnel", lab.file("stunnel.conf", "\n".join(lines + [more, ""]))]


def caddy(lab, own, tls, ask, more):
    words = [f"protocols tls{tls} tls{tls}"] if tls else []
    if ask:
        mode = "require_and_verify" if ask == "need" else "request"
        words += [f"client_auth {{\nmode {mode}\ntrusted_ca_cert_file {lab.pki.root}\n}}"]
    lines = "\n".join(words)
    text = (f"{{\nauto_https off\nadmin off\n}}\n{NAME}:443 {{\nrespond hello\ntls {own.chain} {own.key} {{\n{lines}\n}}\n{more}\n}}\n")
    return ["env", f"HOME={lab.folder}", "caddy", "run", "--adapter", "caddyfile", "--config", lab.file("Caddyfile", text)]


def h2o(lab, own, tls, ask, more):
    version = f"    minimum-version: tlsv{tls}\n" if tls else ""
    return ["h2o", "-c", lab.file("h2o.conf", (
        f"user: root\nlisten:\n  port: 443\n  ssl:\n    certificate-file: {own.chain}\n    key-file: {own.key}\n{version}"
        f"hosts:\n  default:\n    paths:\n      /:\n        file.dir: {pages(lab)}\n{more}"))]


def bun_server(lab, own, tls, ask, more):
    tls_words = f"cert: Bun.file('{own.chain}'), key: Bun.file('{own.key}')"
    return ["bun", "run", lab.file("server.ts", f"Bun.serve({{port: 443, tls: {{{tls_words}}}, fetch: () => new Response('hello')}});\n")]


def deno_server(lab, own, tls, ask, more):
    read = "Deno.readTextFileSync"
    return ["deno", "run", "-A", lab.file("server.ts", (
        f"Deno.serve({{port: 443, cert: {read}('{own.chain}'), key: {read}('{own.key}')}}, () => new Response('hello'));\n"))]


SERVERS = {"apache": apache, "lighttpd": lighttpd, "hitch": hitch, "stunnel": stunnel, "caddy": caddy, "h2o": h2o, "bun": bun_server,
           "deno": deno_server}


def serve(lab, server, cert="good", tls=None, ask=None, more=""):
    own = shown(lab, cert) if isinstance(cert, str) else cert
    return lab.server(SERVERS[server](lab, own, tls, ask, more), env={"DENO_NO_UPDATE_CHECK": "1"})


def script(*interpreter):
    return lambda lab, ca, own: ([*interpreter] + pairs(own, ca=ca), {})


def wget(lab, ca, own):
    words = ["--ca-certificate=" + ca] if ca else ["--no-check-certificate"]
    words += [f"--certificate={own.chain}", f"--private-key={own.key}"] if own else []
    return ["wget", "-qO-", "--tries=1", "--timeout=5", *words, URL], {}


def git(lab, ca, own):
    return ["git", "ls-remote", URL + "x.git"], {"GIT_SSL_CAINFO": ca} if ca else {"GIT_SSL_NO_VERIFY": "1"}


def ldap(lab, ca, own):
    how = {"LDAPTLS_CACERT": ca, "LDAPTLS_REQCERT": "demand"} if ca else {"LDAPTLS_REQCERT": "never"}
    return ["ldapsearch", "-x", "-H", f"ldaps://{NAME}:443", "-b", "", "-s", "base"], how


def bun_client(lab, ca, own):
    words = [f"ca: Bun.file('{ca}')" if ca else "rejectUnauthorized: false"]
    words += [f"cert: Bun.file('{own.chain}'), key: Bun.file('{own.key}')"] if own else []
    text = f"fetch('{URL}', {{tls: {{{', '.join(words)}}}}}).then(answer => answer.text()).then(console.log, console.log);\n"
    return ["bun", "run", lab.file("client.ts", text)], {}


def deno_client(lab, ca, own):
    read = "Deno.readTextFileSync"
    words = [f"caCerts: [{read}('{ca}')]"] if ca else []
    words += [f"cert: {read}('{own.chain}'), key: {read}('{own.key}')"] if own else []
    text = (f"const client = Deno.createHttpClient({{{', '.join(words)}}});\n"
            f"fetch('{URL}', {{client}}).then(answer => answer.text()).then(console.log, console.log);\n")
    trust = [] if ca else ["--unsafely-ignore-certificate-errors"]
    return ["deno", "run", "-A", *trust, lab.file("client.ts", text)], {"DENO_NO_UPDATE_CHECK": "1"}


def aws(lab, ca, own):
    modules = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, check=True).stdout.strip()
    return ["node", PEERS / "aws.js"] + pairs(own, ca=ca), {"NODE_PATH": modules}


CLIENTS = {"ruby": script("ruby", PEERS / "client.rb"), "perl": script("perl", PEERS / "client.pl"),
           "php": script("php", PEERS / "client.php"), "wget": wget, "git": git, "ldap": ldap, "bun": bun_client, "deno": deno_client,
           "aws": aws}


def connect(lab, client, own=None, verify=True, ca=None, timeout=20):
    argv, env = CLIENTS[client](lab, (ca or lab.pki.root) if verify else None, own)
    return lab.client(argv, env={"HOME": str(lab.folder), **env}, timeout=timeout)


def stacks_of(server, client):
    return CALLED.get(server, server), CALLED.get(client, client)
