import type { Dealer, Router } from 'zeromq';

/**
 * Delivers what arrives at a socket until it is closed. If `take` returns a promise, nothing is read until that settles.
 * A loop over `receive` is used instead of an iterator because it creates no promises in addition to zeromq's.
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
