import { type Hello, SignalboxError } from '../../../schemas/index.ts';
import { speaks, unsupportedProtocol } from '../../wire/offered-protocol.ts';
import type { Admission, Member, Roster } from '../clients/roster.ts';
import type { EventBus } from '../event-bus.ts';
import type { Door } from './door.ts';
import type { Refusals } from './refusals.ts';

/**
 * Answers each hello. With keys, its token must prove the name. A name has one session. Reports who joined and who was
 * refused.
 */
export class Reception {
  private readonly roster: Roster;
  private readonly door: Door | undefined;
  private readonly refusals: Refusals;
  private readonly events: EventBus;
  private readonly groups: { has(name: string): boolean };

  constructor(options: {
    roster: Roster;
    door: Door | undefined;
    refusals: Refusals;
    events: EventBus;
    groups: { has(name: string): boolean };
  }) {
    this.groups = options.groups;
    this.roster = options.roster;
    this.door = options.door;
    this.refusals = options.refusals;
    this.events = options.events;
  }

  /** @throws SignalboxError if it is refused; then nothing more must be read from the connection. */
  admit(hello: Hello, peer: string, nowMs: number): Admission {
    const { protocol, name } = hello;
    try {
      if (!speaks(protocol)) throw unsupportedProtocol(protocol);
      if (this.groups.has(name))
        throw new SignalboxError('name_taken', `${name} is the name of a group on this server`);
      return this.roster.admit(hello, peer, nowMs, this.door?.admit(hello));
    } catch (error) {
      const why = SignalboxError.from(error, 'internal');
      this.turnedAway(name, why);
      throw why;
    }
  }

  /** Reports that a client of this name was refused. */
  turnedAway(client: string, why: SignalboxError): void {
    this.refusals.tell({ client }, why.toWire());
  }

  /** Reports that the session of a member has begun. */
  joined({ name: client, credential, bootId, info: { host, pid } }: Member): void {
    const shown = credential && { credential: credential.name };
    this.events.emit({ type: 'client.joined', client, ...shown, bootId, host, pid });
  }

  /** Members whose credential was removed or replaced, or superseded by credentials for their exact name. */
  revoked(): readonly { readonly member: Member; readonly why: SignalboxError }[] {
    return this.roster.all().flatMap((member) => {
      const { name, credential } = member;
      if (!credential || this.door?.holds(name, credential)) return [];
      const text = this.door?.knows(credential)
        ? `${name} has its own credentials now, so those of ${credential.name} are no longer valid for it`
        : `the credentials of ${credential.name} were revoked`;
      return { member, why: new SignalboxError('not_allowed', text) };
    });
  }
}
