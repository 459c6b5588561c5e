import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.*;

/**
 * A JSSE server: java Server.java p12=FILE [port=443] [protocols=...] [ciphers=...] [alpn=...] [clients=need|want ca=PEM]
 * [legacy=yes]. Answers one read with one small HTTP response.
 */
class Server {
    public static void main(String[] words) throws Exception {
        Map<String, String> option = new HashMap<>();
        for (String word : words) {
            option.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        }
        if (option.containsKey("legacy")) {
            Security.setProperty("jdk.tls.disabledAlgorithms", "");
        }
        SSLServerSocket listener = (SSLServerSocket) context(option).getServerSocketFactory()
                .createServerSocket(Integer.parseInt(option.getOrDefault("port", "443")));
        SSLParameters parameters = listener.getSSLParameters();
        if (option.containsKey("protocols")) {
            parameters.setProtocols(option.get("protocols").split(","));
        }
        if (option.containsKey("ciphers")) {
            parameters.setCipherSuites(option.get("ciphers").split(","));
        }
        if (option.containsKey("alpn")) {
            parameters.setApplicationProtocols(option.get("alpn").split(","));
        }
        parameters.setNeedClientAuth("need".equals(option.get("clients")));
        if ("want".equals(option.get("clients"))) {
            parameters.setWantClientAuth(true);
        }
        listener.setSSLParameters(parameters);
        while (true) {
            try (SSLSocket socket = (SSLSocket) listener.accept()) {
                socket.getInputStream().read(new byte[4096]);
                socket.getOutputStream().write("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n".getBytes());
            } catch (Exception error) {
                System.out.println(error);
            }
        }
    }

    static SSLContext context(Map<String, String> option) throws Exception {
        char[] password = option.getOrDefault("password", "secret").toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(option.get("p12")), password);
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, password);
        TrustManager[] trust = null;
        if (option.containsKey("ca")) {
            KeyStore roots = KeyStore.getInstance("PKCS12");
            roots.load(null, null);
            roots.setCertificateEntry("root", CertificateFactory.getInstance("X.509")
                    .generateCertificate(new FileInputStream(option.get("ca"))));
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(roots);
            trust = factory.getTrustManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust, null);
        return context;
    }
}
