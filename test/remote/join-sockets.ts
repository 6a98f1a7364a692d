import type { Socket } from 'node:net';

/** What comes from either goes to the other, from the far one only while `isOpen`; both end with one. */
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
