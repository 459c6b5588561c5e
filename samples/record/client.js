// A Node client: node client.js '{"host": ..., "minVersion": ..., "ca": FILE, ...}' takes the options of tls.connect;
// files named by ca, cert and key are read. Without ca every certificate is taken.
const fs = require('fs');
const tls = require('tls');

const options = JSON.parse(process.argv[2]);
for (const name of ['ca', 'cert', 'key']) {
  if (options[name]) options[name] = fs.readFileSync(options[name]);
}
options.rejectUnauthorized ??= Boolean(options.ca);
const socket = tls.connect({port: 443, ...options}, () => {
  console.log(socket.getProtocol(), socket.getCipher().name, socket.alpnProtocol);
  socket.write('GET / HTTP/1.0\r\n\r\n');
});
socket.on('data', (data) => console.log(String(data)));
socket.on('error', (error) => console.log(error.code, error.message));
