// A Node server: node server.js '{"cert": FILE, "key": FILE, ...}' takes the options of tls.createServer.
const fs = require('fs');
const tls = require('tls');

const options = JSON.parse(process.argv[2]);
for (const name of ['ca', 'cert', 'key', 'dhparam']) {
  if (options[name]) options[name] = fs.readFileSync(options[name]);
}
const server = tls.createServer(options, (socket) => {
  socket.on('data', () => socket.end('HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n'));
  socket.on('error', (error) => console.log(error.code));
});
server.on('tlsClientError', (error) => console.log(error.code, error.message));
server.listen(options.port ?? 443, options.host ?? '0.0.0.0');
