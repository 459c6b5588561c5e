"""Certificates for the recipes, made by the openssl command into a temp folder when they are first asked for.

`pki["good"]` is a Cert with .cert, .key, .chain (leaf and intermediate, the order a server sends), all paths of PEM files,
.p12 (key and chain, password "secret") and .both (key and chain in one PEM, as HAProxy wants it).
`pki.root` is the trusted root's PEM. `pki.issue("mine", san="x.example", usage="clientAuth")` makes any other one.
"""

import pathlib
import subprocess

NAME = "server.example"
VALID = ("20240101000000Z", "20431231235959Z")

# What differs from a good server certificate; see Pki.issue for the words.
PRESETS = {
    "good": {},
    "ecdsa": {"key": "ec"},
    "ed25519": {"key": "ed25519"},
    "expired": {"valid": ("20200101000000Z", "20210101000000Z")},
    "not_yet": {"valid": ("20400101000000Z", "20431231235959Z")},
    "self_signed": {"issuer": None},
    "wrong_name": {"san": "other.example"},
    "wrong_usage": {"usage": "clientAuth"},
    "weak_key": {"key": "rsa:1024"},
    "weak_digest": {"digest": "sha1"},
    "untrusted": {"issuer": "stranger"},
    "no_intermediate_needed": {"issuer": "root"},
    "client": {"san": "client.example", "usage": "clientAuth"},
    "client_ecdsa": {"san": "client.example", "usage": "clientAuth", "key": "ec"},
    "client_expired": {"san": "client.example", "usage": "clientAuth",
                       "valid": ("20200101000000Z", "20210101000000Z")},
    "client_not_yet": {"san": "client.example", "usage": "clientAuth",
                       "valid": ("20400101000000Z", "20431231235959Z")},
    "client_untrusted": {"san": "client.example", "usage": "clientAuth", "issuer": "stranger"},
    "client_wrong_usage": {"san": "client.example", "usage": "serverAuth"},
}

CONFIG = """
[ca]
default_ca = any
[any]
database = {dir}/index
new_certs_dir = {dir}
rand_serial = yes
unique_subject = no
policy = anything
copy_extensions = none
default_crl_days = 6000
default_md = sha256
[anything]
commonName = supplied
[req]
distinguished_name = empty
[empty]
"""


class Cert:
    def __init__(self, folder, name, issuer):
        self.name, self.issuer = name, issuer
        for kind in ("cert", "key", "chain", "both", "p12"):
            setattr(self, kind, str(folder / f"{name}.{'p12' if kind == 'p12' else kind + '.pem'}"))

    def __str__(self):
        return self.name


class Pki:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "ca.cnf"
        self.config.write_text(CONFIG.format(dir=self.folder))
        (self.folder / "index").write_text("")
        self.made, self.revoked = {}, set()

    @property
    def root(self):
        return self["root"].cert

    def __getitem__(self, name):
        if name in self.made:
            return self.made[name]
        if name in ("root", "other_root"):
            return self.issue(name, issuer=None, ca=True, san=None)
        if name in ("intermediate", "stranger"):
            return self.issue(name, issuer="root" if name == "intermediate" else "other_root", ca=True, san=None)
        return self.issue(name, **PRESETS[name])

    def openssl(self, *argv):
        done = subprocess.run(("openssl",) + argv, capture_output=True, text=True, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"openssl {' '.join(argv)}: {done.stderr}")
        return done.stdout

    def make_key(self, path, key):
        if key == "ec":
            self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
        elif key.startswith("ec:"):
            self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + key[3:], "-out", path)
        elif key.startswith("rsa:"):
            self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + key[4:], "-out", path)
        else:
            self.openssl("genpkey", "-algorithm", key, "-out", path)

    def issue(self, name, issuer="intermediate", key="rsa:2048", san=NAME, subject=None, usage="serverAuth",
              valid=VALID, digest="sha256", ca=False, extensions=()):
        """Make (once) a certificate. issuer None is self-signed; `extensions` are further lines of openssl's x509v3 config."""
        if name in self.made:
            return self.made[name]
        cert = Cert(self.folder, name, issuer)
        self.make_key(cert.key, key)
        lines = ["basicConstraints=critical,CA:" + ("TRUE" if ca else "FALSE"), "subjectKeyIdentifier=hash"]
        lines += ["keyUsage=critical,keyCertSign,cRLSign"] if ca else ["extendedKeyUsage=" + usage]
        lines += [f"subjectAltName=DNS:{san}"] if san else []
        extfile = self.folder / f"{name}.ext"
        extfile.write_text("\n".join(lines + list(extensions)) + "\n")
        self.openssl("req", "-new", "-config", str(self.config), "-key", cert.key, "-subj",
                     f"/CN={subject or san or 'tlswhy sample ' + name}", "-out", f"{name}.csr")
        signer = cert if issuer is None else self[issuer]
        who = ["-selfsign", "-keyfile", cert.key] if issuer is None else ["-cert", signer.cert, "-keyfile", signer.key]
        self.openssl("ca", "-batch", "-notext", "-config", str(self.config), "-in", f"{name}.csr", "-out", cert.cert,
                     "-startdate", valid[0], "-enddate", valid[1], "-md", digest if key != "ed25519" else "default",
                     "-extfile", str(extfile), *who)
        self.made[name] = cert
        self.bundle(cert)
        return cert

    def bundle(self, cert):
        leaf = pathlib.Path(cert.cert).read_text()
        middle = pathlib.Path(self[cert.issuer].cert).read_text() if cert.issuer in ("intermediate", "stranger") else ""
        pathlib.Path(cert.chain).write_text(leaf + middle)
        pathlib.Path(cert.both).write_text(pathlib.Path(cert.key).read_text() + leaf + middle)
        self.openssl("pkcs12", "-export", "-inkey", cert.key, "-in", cert.chain, "-out", cert.p12,
                     "-name", cert.name, "-passout", "pass:secret")

    def crl(self, issuer="intermediate", revoked=()):
        """A CRL of the issuer that lists the given Certs (and those revoked before); returns its path."""
        for cert in revoked:
            if cert.name in self.revoked:
                continue
            self.revoked.add(cert.name)
            self.openssl("ca", "-config", str(self.config), "-revoke", cert.cert, "-cert", self[issuer].cert,
                         "-keyfile", self[issuer].key)
        out = str(self.folder / f"{issuer}.crl.pem")
        self.openssl("ca", "-config", str(self.config), "-gencrl", "-out", out, "-cert", self[issuer].cert,
                     "-keyfile", self[issuer].key)
        return out

    def ocsp(self, cert, signer=None, days=5000, at=None):
        """An OCSP response (DER) on the Cert, good or revoked as crl() was told, signed by its issuer or by the certificate named
        `signer`, made at the time `at` (needs faketime). Returns its path."""
        issuer = self[cert.issuer]
        by = self[signer] if signer else issuer
        out = str(self.folder / f"{cert.name}.{by.name}.ocsp")
        words = ["ocsp", "-index", str(self.folder / "index"), "-CA", issuer.cert, "-rsigner", by.cert, "-rkey", by.key, "-issuer",
                 issuer.cert, "-cert", cert.cert, "-respout", out, "-ndays", str(days)]
        done = subprocess.run((["faketime", at] if at else []) + ["openssl"] + words, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"openssl ocsp: {done.stderr}")
        return out

    def nss(self, *certs):
        """An NSS database with these keys and chains in it (no password) and the root trusted; returns its folder."""
        folder = self.folder / ("nss-" + "-".join(cert.name for cert in certs))
        if folder.exists():
            return str(folder)
        folder.mkdir()
        run = lambda *argv: subprocess.run(argv, check=True, capture_output=True)
        run("certutil", "-N", "-d", f"sql:{folder}", "--empty-password")
        run("certutil", "-A", "-d", f"sql:{folder}", "-n", "root", "-t", "CT,C,C", "-i", self.root)
        for cert in certs:
            run("pk12util", "-i", cert.p12, "-d", f"sql:{folder}", "-W", "secret", "-K", "")
        return str(folder)
