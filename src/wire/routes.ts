/**
 * The connections of a ROUTER, by the routing id that libzmq knows each by. All else knows a connection by a string that
 * is made once: to make it, and the bytes again, costs more than the lookup.
 */
export class Routes {
  private readonly peers = new Map<number, string>();
  private readonly ids = new Map<string, Buffer>();

  /** The connection of this routing id, if it has been added. */
  find(id: Buffer): string | undefined {
    const number = numberOf(id);
    if (number !== undefined) return this.peers.get(number);
    const peer = id.toString('latin1');
    return this.ids.has(peer) ? peer : undefined;
  }

  add(id: Buffer): string {
    const peer = id.toString('latin1');
    const number = numberOf(id);
    if (number !== undefined) this.peers.set(number, peer);
    this.ids.set(peer, id);
    return peer;
  }

  delete(peer: string): void {
    const number = numberOf(this.idOf(peer));
    if (number !== undefined) this.peers.delete(number);
    this.ids.delete(peer);
  }

  idOf(peer: string): Buffer {
    return this.ids.get(peer) ?? Buffer.from(peer, 'latin1');
  }

  all(): string[] {
    return [...this.ids.keys()];
  }
}

/** Ids that libzmq makes are a zero and 32 bits. Others were chosen by the peer. */
function numberOf(id: Buffer): number | undefined {
  return id.length === 5 && id[0] === 0 ? id.readInt32LE(1) : undefined;
}
