// A TLS client or server on Java's own stack or, with provider=BCJSSE, on Bouncy Castle's.
//
//   java Peer.java client HOST PORT key=value...      java Peer.java server PORT key=value...
//
// name= the server's name; ca= PEM file of trusted roots; chain= and key= PEM files of our own
// certificate; protocols= TLSv1.2,TLSv1.3; verify= none or all; ask= want or need a client
// certificate; crl= PEM file of revocation lists; renegotiate= any value: ask for one after the
// first bytes. A peer that fails says why on stderr.

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.CertPathBuilder;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

public class Peer {
    static final Map<String, String> options = new HashMap<>();

    public static void main(String[] words) throws Exception {
        boolean client = words[0].equals("client");
        for (int i = client ? 3 : 2; i < words.length; i++) {
            String[] pair = words[i].split("=", 2);
            options.put(pair[0], pair[1]);
        }
        if (options.containsKey("provider")) {
            String name = "org.bouncycastle.";
            Security.insertProviderAt(provider(name + "jce.provider.BouncyCastleProvider"), 1);
            Security.insertProviderAt(provider(name + "jsse.provider.BouncyCastleJsseProvider"), 2);
        }
        SSLContext context = options.containsKey("provider")
            ? SSLContext.getInstance("TLS", options.get("provider")) : SSLContext.getInstance("TLS");
        context.init(keys(), trust(), null);
        if (client) {
            connect(context, words[1], Integer.parseInt(words[2]));
        } else {
            serve(context, Integer.parseInt(words[1]));
        }
    }

    static java.security.Provider provider(String type) throws Exception {
        return (java.security.Provider) Class.forName(type).getDeclaredConstructor().newInstance();
    }

    static Collection<? extends Certificate> certificates(String file) throws Exception {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
    }

    static KeyManager[] keys() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] password = "sample".toCharArray();
        if (options.containsKey("key")) {
            String pem = Files.readString(Path.of(options.get("key")));
            String body = pem.replaceAll("-----[^-]*-----", "").replaceAll("\\s", "");
            PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(body));
            List<Certificate> chain = new ArrayList<>(certificates(options.get("chain")));
            String kind = chain.get(0).getPublicKey().getAlgorithm();
            PrivateKey key = KeyFactory.getInstance(kind).generatePrivate(spec);
            store.setKeyEntry("own", key, password, chain.toArray(new Certificate[0]));
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, password);
        return factory.getKeyManagers();
    }

    static TrustManager[] trust() throws Exception {
        if ("none".equals(options.get("verify"))) {
            return new TrustManager[] {new Anybody()};
        }
        if (!options.containsKey("ca")) {
            return null;
        }
        KeyStore roots = KeyStore.getInstance("PKCS12");
        roots.load(null, null);
        int number = 0;
        for (Certificate root : certificates(options.get("ca"))) {
            roots.setCertificateEntry("root" + number++, root);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        if (options.containsKey("crl")) {
            factory.init(new CertPathTrustManagerParameters(revoking(roots)));
        } else {
            factory.init(roots);
        }
        return factory.getTrustManagers();
    }

    static PKIXBuilderParameters revoking(KeyStore roots) throws Exception {
        PKIXBuilderParameters rules = new PKIXBuilderParameters(roots, new X509CertSelector());
        PKIXRevocationChecker checker =
            (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS,
            PKIXRevocationChecker.Option.NO_FALLBACK,
            PKIXRevocationChecker.Option.ONLY_END_ENTITY));
        try (InputStream in = Files.newInputStream(Path.of(options.get("crl")))) {
            rules.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(
                CertificateFactory.getInstance("X.509").generateCRLs(in))));
        }
        rules.addCertPathChecker(checker);
        return rules;
    }

    static void restrict(SSLSocket socket, SSLParameters wanted) {
        if (options.containsKey("protocols")) {
            wanted.setProtocols(options.get("protocols").split(","));
        }
        socket.setSSLParameters(wanted);
    }

    static void connect(SSLContext context, String host, int port) throws Exception {
        Socket plain = new Socket(host, port);
        String name = options.getOrDefault("name", host);
        try (SSLSocket socket =
                 (SSLSocket) context.getSocketFactory().createSocket(plain, name, port, true)) {
            SSLParameters wanted = socket.getSSLParameters();
            wanted.setServerNames(List.of(new SNIHostName(name)));
            if (!"none".equals(options.get("verify"))) {
                wanted.setEndpointIdentificationAlgorithm("HTTPS");
            }
            restrict(socket, wanted);
            socket.startHandshake();
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
            System.out.print(new String(socket.getInputStream().readAllBytes(),
                StandardCharsets.ISO_8859_1));
        }
    }

    static void serve(SSLContext context, int port) throws Exception {
        SSLServerSocket listener =
            (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port);
        while (true) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                SSLParameters wanted = socket.getSSLParameters();
                wanted.setNeedClientAuth("need".equals(options.get("ask")));
                if ("want".equals(options.get("ask"))) {
                    wanted.setWantClientAuth(true);
                }
                restrict(socket, wanted);
                socket.startHandshake();
                socket.getInputStream().read(new byte[1000]);
                if (options.containsKey("renegotiate")) {
                    socket.startHandshake();
                }
                socket.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\nhello\n".getBytes());
            } catch (Exception failure) {
                System.err.println(failure);
            }
        }
    }

    static class Anybody extends X509ExtendedTrustManager {
        public void checkClientTrusted(X509Certificate[] chain, String kind) {}
        public void checkServerTrusted(X509Certificate[] chain, String kind) {}
        public void checkClientTrusted(X509Certificate[] chain, String kind, Socket socket) {}
        public void checkServerTrusted(X509Certificate[] chain, String kind, Socket socket) {}
        public void checkClientTrusted(X509Certificate[] chain, String kind,
            javax.net.ssl.SSLEngine engine) {}
        public void checkServerTrusted(X509Certificate[] chain, String kind,
            javax.net.ssl.SSLEngine engine) {}
        public X509Certificate[] getAcceptedIssuers() { return new X509Certificate[0]; }
    }
}
