import { type Hello, SignalboxError } from '../../../schemas/index.ts';
import type { Allowed, AllowList } from '../../keys/allow-list.ts';
import { helloProof, SharedSecrets } from '../../keys/hello-proof.ts';
import { KeyStore } from '../../keys/key-store.ts';
import { WatchedAllowList } from '../../keys/watched-allow-list.ts';
import type { Handshake, ServerKeys } from '../../wire/curve.ts';
import type { EventBus } from '../event-bus.ts';
import type { Refusals } from './refusals.ts';

/**
 * Admits clients according to the current contents of the key folder. A connection needs a key on the allow-list; a
 * session needs proof that the client has the key and the token of its name.
 */
export class Door implements Disposable {
  readonly keys: ServerKeys;
  private readonly list: WatchedAllowList;
  private readonly secrets: SharedSecrets;
  private readonly refusals: Refusals;
  private readonly events: EventBus;
  private before: AllowList | undefined;
  private changed: (isKeyRemoved: boolean) => void = () => {};

  /** @throws SignalboxError `not_allowed` if the folder has no keys or others can read them. */
  constructor(options: {
    folder: string;
    refusals: Refusals;
    events: EventBus;
    /** Called with an error if the allow-list cannot be read, and without one when it can be read again. */
    onReadable: (error: SignalboxError | undefined) => void;
  }) {
    const store = new KeyStore(options.folder);
    this.refusals = options.refusals;
    this.events = options.events;
    const { publicKey, secretKey } = store.serverKeys();
    this.keys = { publicKey, secretKey, authenticate: (handshake) => this.authenticate(handshake) };
    this.secrets = new SharedSecrets(this.keys);
    this.list = new WatchedAllowList(store, {
      onChange: (before) => {
        this.secrets.forget();
        this.before = before;
        this.changed(!this.list.current.hasAllKeysOf(before));
      },
      onReadable: options.onReadable,
    });
  }

  /** Names of the credentials that are not for replicas. */
  get names(): string[] {
    return this.list.current.plainNames;
  }

  /** Labels that the key folder vouches for. */
  labelsOf(client: string): Readonly<Record<string, string>> | undefined {
    return this.list.current.labelsOf(client);
  }

  /**
   * Labels for events. An event about a client whose credentials were just removed is visible to those who saw it
   * before.
   */
  labelsAtEvent(client: string): Readonly<Record<string, string>> | undefined {
    const { current } = this.list;
    return current.has(client) ? current.labelsOf(client) : this.before?.labelsOf(client);
  }

  /** Calls `changed` at each change of the list, with whether a key was removed. */
  watch(changed: (isKeyRemoved: boolean) => void): void {
    this.changed = changed;
  }

  /** @throws SignalboxError `not_allowed` */
  admit({ name, token, bootId }: Hello): Allowed {
    const prove = ({ publicKey, tokenHash }: Allowed): string =>
      helloProof(this.secrets.with(publicKey), tokenHash, { name, bootId });
    return this.list.current.admit(name, token, prove);
  }

  /** Whether a credential still admits `name`. */
  holds(name: string, credential: Allowed): boolean {
    return this.list.current.holds(name, credential);
  }

  /** Whether the credential is on the list, unchanged, for any name. */
  knows({ publicKey, tokenHash }: Allowed): boolean {
    return this.list.current.ofKey(publicKey)?.tokenHash === tokenHash;
  }

  [Symbol.dispose](): void {
    this.list[Symbol.dispose]();
  }

  private authenticate({ publicKey, address }: Handshake): boolean {
    const credential = this.list.current.ofKey(publicKey)?.name;
    const allowed = credential !== undefined;
    if (allowed) this.events.emit({ type: 'client.handshake', address, credential, allowed });
    else {
      this.events.emitUnlogged({ type: 'client.handshake', address, allowed });
      this.refusals.tell({ address }, new SignalboxError('not_allowed', 'its key is not on the list').toWire());
    }
    return allowed;
  }
}
