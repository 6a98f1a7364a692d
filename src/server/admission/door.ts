import { SignalboxError } from '../../../schemas/index.ts';
import type { Allowed } from '../../keys/allow-list.ts';
import { KeyStore } from '../../keys/key-store.ts';
import { WatchedAllowList } from '../../keys/watched-allow-list.ts';
import type { Handshake, ServerKeys } from '../../wire/curve.ts';
import type { EventBus } from '../event-bus.ts';
import type { Refusals } from './refusals.ts';

/**
 * Who may come in, by the key folder as it is at each moment. A connection needs a key that is on the list; a session needs
 * the token of the name that it gives.
 */
export class Door implements Disposable {
  readonly keys: ServerKeys;
  private readonly list: WatchedAllowList;
  private readonly refusals: Refusals;
  private readonly events: EventBus;
  private changed: (isKeyRemoved: boolean) => void = () => {};

  /** @throws SignalboxError `not_allowed` where the folder has no keys or others can read them. */
  constructor(options: {
    folder: string;
    refusals: Refusals;
    events: EventBus;
    /** The allow-list cannot be read, or, without an error, can be read again. */
    onReadable: (error: SignalboxError | undefined) => void;
  }) {
    const store = new KeyStore(options.folder);
    this.refusals = options.refusals;
    this.events = options.events;
    const { publicKey, secretKey } = store.serverKeys();
    this.keys = { publicKey, secretKey, authenticate: (handshake) => this.authenticate(handshake) };
    this.list = new WatchedAllowList(store, {
      onChange: (before) => this.changed(!this.list.current.hasAllKeysOf(before)),
      onReadable: options.onReadable,
    });
  }

  /** From now on `changed` is called when the list has changed, and told whether a key is gone. */
  watch(changed: (isKeyRemoved: boolean) => void): void {
    this.changed = changed;
  }

  /** @throws SignalboxError `not_allowed` */
  admit(name: string, token: string | undefined): Allowed {
    return this.list.current.admit(name, token);
  }

  /** Whether a credential that let `name` in would do so now. */
  holds(name: string, credential: Allowed): boolean {
    return this.list.current.holds(name, credential);
  }

  /** Whether the credential is on the list as it was, for whatever name. */
  knows({ publicKey, tokenHash }: Allowed): boolean {
    return this.list.current.ofKey(publicKey)?.tokenHash === tokenHash;
  }

  [Symbol.dispose](): void {
    this.list[Symbol.dispose]();
  }

  private authenticate({ publicKey, address }: Handshake): boolean {
    const credential = this.list.current.ofKey(publicKey)?.name;
    const allowed = credential !== undefined;
    this.events.emit({ type: 'client.handshake', address, ...(allowed && { credential }), allowed });
    if (!allowed) {
      this.refusals.tell({ address }, new SignalboxError('not_allowed', 'its key is not on the list').toWire());
    }
    return allowed;
  }
}
