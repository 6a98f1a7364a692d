/**
 * The connections of a ROUTER by routing id. The rest of the program identifies a connection by a string that is created
 * once: creating it, or the bytes, again costs more than a lookup.
 */
export class Routes {
  private readonly peers = new Map<number, string>();
  private readonly ids = new Map<string, Buffer>();

  /** The connection with this routing id, if it was added. */
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

/** The number in a routing id that libzmq generated: a zero byte and 32 bits. Peers choose other ids themselves. */
function numberOf(id: Buffer): number | undefined {
  return id.length === 5 && id[0] === 0 ? id.readInt32LE(1) : undefined;
}
