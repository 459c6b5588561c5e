// A page over HTTPS by aws-crt, whose TLS is s2n's: aws.js [ca=roots.pem] [chain=own.pem key=own.pem]
const { io, http } = require('aws-crt');

const words = Object.fromEntries(process.argv.slice(2).map(word => word.split(/=(.*)/s).slice(0, 2)));
const options = new io.TlsContextOptions();
options.verify_peer = Boolean(words.ca);
if (words.ca) options.override_default_trust_store_from_path(undefined, words.ca);
if (words.chain) {
    options.certificate_filepath = words.chain;
    options.private_key_filepath = words.key;
}
const tls = new io.TlsConnectionOptions(new io.ClientTlsContext(options), 'server.example');
const socket = new io.SocketOptions(io.SocketType.STREAM, io.SocketDomain.IPV4, 4000);
const connection = new http.HttpClientConnection(new io.ClientBootstrap(), 'server.example', 443, socket, tls);
const leave = () => setTimeout(() => process.exit(0), 300);
connection.on('error', error => { console.log(error.message || error); leave(); });
connection.on('connect', () => {
    const stream = connection.request(new http.HttpRequest('GET', '/', new http.HttpHeaders([['Host', 'server.example']])));
    stream.on('end', () => { connection.close(); leave(); });
    stream.activate();
});
