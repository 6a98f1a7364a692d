import type { Dealer, Router } from 'zeromq';

/**
 * Hands over what arrives at a socket until it is closed. Where `take` returns a promise, nothing more is read before
 * that settles. A loop over `receive`, not an iterator: it makes no promise beside zeromq's own.
 */
export async function receiveLoop(
  socket: Dealer | Router,
  take: (parts: readonly Buffer[]) => Promise<void> | undefined,
): Promise<void> {
  for (;;) {
    let parts: Buffer[];
    try {
      parts = await socket.receive();
    } catch (error) {
      if (socket.closed) return;
      throw error;
    }
    const taking = take(parts);
    if (taking) await taking;
  }
}
