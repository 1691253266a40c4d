/* slow-connections.cjs PORT COUNT BYTES: opens connections that announce BYTES bytes and send one a second; says how many are open. */
const net = require('node:net');

const [port, count, bytes] = process.argv.slice(2).map(Number);
const head = `POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${bytes}\r\n\r\n`;
const sockets = new Set();
let opened = 0;
let ended = 0;
const answers = {};

function open() {
  const socket = net.connect(port, '127.0.0.1', () => {
    opened++;
    socket.write(head);
  });
  sockets.add(socket);
  socket.on('data', (data) => {
    const status = data.toString('latin1', 9, 12);
    answers[status] = (answers[status] ?? 0) + 1;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended++;
    sockets.delete(socket);
  });
}

let asked = 0;
const opening = setInterval(() => {
  for (let i = 0; i < 200 && asked < count; i++, asked++) open();
  if (asked === count) clearInterval(opening);
}, 50);
setInterval(() => {
  for (const socket of sockets) if (socket.readyState === 'open') socket.write('x');
}, 1000);
setInterval(() => process.send?.({ opened, open: sockets.size, ended, answers }), 500);
process.on('disconnect', () => process.exit());
