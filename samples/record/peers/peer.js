// A TLS client or server on Node.
//
//   node peer.js client HOST PORT key=value...     node peer.js server PORT key=value...
//
// name= the server's name; ca=, chain=, key=, crl= PEM files; max= TLSv1.2 or TLSv1.3;
// verify= none; ask= want or need a client certificate; keylog= file for the secrets;
// psk= identity:key in hex; ciphers=; renegotiate= any value: ask for one after the first bytes.

'use strict';
const fs = require('fs');
const tls = require('tls');

const [role, ...rest] = process.argv.slice(2);
const words = rest.filter((word) => !word.includes('='));
const set = Object.fromEntries(rest.filter((word) => word.includes('='))
  .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]));
const read = (file) => (file ? fs.readFileSync(file) : undefined);
const common = {
  ca: read(set.ca), cert: read(set.chain), key: read(set.key), crl: read(set.crl),
  minVersion: set.min, maxVersion: set.max, ciphers: set.ciphers,
};
const [identity, secret] = (set.psk || ':').split(':');
const note = (lines) => set.keylog && fs.appendFileSync(set.keylog, lines);
const say = (error) => console.error(String(error));

if (role === 'client') {
  const socket = tls.connect({
    ...common, host: words[0], port: Number(words[1]), servername: set.name,
    rejectUnauthorized: set.verify !== 'none', requestOCSP: Boolean(set.ocsp),
    ...(set.psk && {
      pskCallback: () => ({ psk: Buffer.from(secret, 'hex'), identity }),
      checkServerIdentity: () => undefined,
    }),
  }, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
  socket.on('keylog', note);
  socket.on('data', (bytes) => process.stdout.write(bytes));
  socket.on('error', say);
} else {
  const server = tls.createServer({
    ...common, requestCert: Boolean(set.ask), rejectUnauthorized: set.ask === 'need',
    ...(set.psk && {
      pskCallback: (_, asked) => (asked === identity ? Buffer.from(secret, 'hex') : null),
    }),
  }, (socket) => {
    socket.on('error', say);
    socket.once('data', () => {
      const answer = () => socket.end('HTTP/1.0 200 OK\r\n\r\nhello\n');
      if (set.renegotiate) {
        socket.renegotiate({ requestCert: true, rejectUnauthorized: true },
          (error) => (error ? say(error) : answer()));
      } else {
        answer();
      }
    });
  });
  server.on('keylog', note);
  server.on('tlsClientError', say);
  server.listen(Number(words[0]));
}
