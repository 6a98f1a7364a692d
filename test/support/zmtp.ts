// ZMTP 3.0 by hand, for peers that no library would simulate: https://rfc.zeromq.org/spec/23/

/** The greeting of a peer without security. */
export const zmtpGreeting = Buffer.concat([
  Buffer.from('ff00000000000000007f0300', 'hex'),
  Buffer.from('NULL'.padEnd(20, '\0')),
  Buffer.alloc(32),
]);

const property = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([0, 0, 0, value.length]),
    Buffer.from(value),
  ]);

/** The command that ends the handshake. */
export function zmtpReady(socketType: string): Buffer {
  const body = Buffer.concat([
    Buffer.from('\u0005READY'),
    property('Socket-Type', socketType),
    property('Identity', ''),
  ]);
  return Buffer.concat([Buffer.from([4, body.length]), body]);
}

/** Blocks this thread while the thread of libzmq continues: its reports then arrive all at once. */
export function blockMs(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
