import java.io.FileInputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.*;

/**
 * A JSSE client: java Client.java host=... port=... [protocols=TLSv1.1,TLSv1.2] [ciphers=...] [sni=...] [alpn=...] [ca=PEM]
 * [p12=FILE password=...] [connections=1] [legacy=yes]. Without ca= every certificate is taken; legacy lifts Java's own bans.
 */
class Client {
    public static void main(String[] words) throws Exception {
        Map<String, String> option = new HashMap<>();
        for (String word : words) {
            option.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        }
        if (option.containsKey("legacy")) {
            Security.setProperty("jdk.tls.disabledAlgorithms", "");
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys(option), new TrustManager[] {trust(option.get("ca"))}, null);
        int count = Integer.parseInt(option.getOrDefault("connections", "1"));
        for (int i = 0; i < count; i++) {
            try {
                connect(context, option);
            } catch (Exception error) {
                System.out.println(error);
            }
        }
    }

    static void connect(SSLContext context, Map<String, String> option) throws Exception {
        byte[] address = InetAddress.getByName(option.get("host")).getAddress();
        InetAddress named = InetAddress.getByAddress(option.getOrDefault("sni", option.get("host")), address);
        Socket plain = new Socket(named, Integer.parseInt(option.getOrDefault("port", "443")));
        SSLSocket socket = (SSLSocket) context.getSocketFactory()
                .createSocket(plain, named.getHostName(), plain.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        if (option.containsKey("protocols")) {
            parameters.setProtocols(option.get("protocols").split(","));
        }
        if (option.containsKey("ciphers")) {
            parameters.setCipherSuites(option.get("ciphers").split(","));
        }
        if (option.containsKey("alpn")) {
            parameters.setApplicationProtocols(option.get("alpn").split(","));
        }
        if (option.containsKey("sni")) {
            parameters.setServerNames(List.of(new SNIHostName(option.get("sni"))));
        }
        if (option.containsKey("check")) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
        System.out.println(socket.getSession() + " " + socket.getInputStream().read(new byte[4096]));
        socket.close();
    }

    static KeyManager[] keys(Map<String, String> option) throws Exception {
        if (!option.containsKey("p12")) {
            return null;
        }
        char[] password = option.getOrDefault("password", "secret").toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(option.get("p12")), password);
        KeyManagerFactory factory = KeyManagerFactory.getInstance("SunX509");
        factory.init(store, password);
        return factory.getKeyManagers();
    }

    static TrustManager trust(String ca) throws Exception {
        if (ca == null) {
            return new X509ExtendedTrustManager() {
                public void checkClientTrusted(X509Certificate[] chain, String type) {}
                public void checkServerTrusted(X509Certificate[] chain, String type) {}
                public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}
                public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}
                public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
                public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}
                public X509Certificate[] getAcceptedIssuers() {
                    return new X509Certificate[0];
                }
            };
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("root", CertificateFactory.getInstance("X.509")
                .generateCertificate(new FileInputStream(ca)));
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return factory.getTrustManagers()[0];
    }
}
