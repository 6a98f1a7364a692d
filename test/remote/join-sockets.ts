import type { Socket } from 'node:net';

/** Forwards data both ways, from the far end only while `isOpen`; both sockets end together. */
export function joinSockets(near: Socket, far: Socket, isOpen: () => boolean): void {
  for (const socket of [near, far]) {
    socket.on('error', () => {});
    socket.once('close', () => {
      near.destroy();
      far.destroy();
    });
  }
  near.on('data', (data) => far.write(data));
  far.on('data', (data) => {
    if (isOpen()) near.write(data);
  });
}
