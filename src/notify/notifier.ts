import { SignalboxError } from '../../schemas/index.ts';
import type { Event, LoggedEvent } from '../jobs/events.ts';
import type { Silence } from '../plugin/notify-calls.ts';
import { Wake, type WallClock, wallClock } from './clock.ts';
import { GoneClients } from './gone-clients.ts';
import { includedOf } from './included.ts';
import { Keeper } from './keeper.ts';
import { Labels } from './labels.ts';
import { Ledger } from './ledger.ts';
import { LogFollower } from './log-follower.ts';
import type { Message } from './message.ts';
import { missedMessage } from './missed-message.ts';
import { type Note, notesOf } from './note.ts';
import type { NotifierOptions, Notifying } from './notifier-options.ts';
import { Outbox } from './outbox.ts';
import type { Rule } from './rule.ts';
import { Silences } from './silences.ts';
import { tellAtOnce } from './tell-at-once.ts';
import { typesOf } from './types-of.ts';

const againMs = 5_000;
/** How often the position in the log is stored. Messages are stored at once. */
const saveMs = 5_000;

/**
 * Sends notifications. It follows the log of events and stores its position after all consequences of the events up to there; events that are read
 * again after a crash change nothing. It works in turns: groups that are due become messages, which are stored and then delivered by the outbox.
 */
export class Notifier implements AsyncDisposable {
  readonly outbox: Outbox;
  readonly silences: Silences;
  readonly ledger: Ledger;
  /** Number of events that were deleted from the log before they were read. */
  missed = 0;
  private readonly options: NotifierOptions;
  private readonly clock: WallClock;
  private readonly keeper: Keeper;
  private readonly gone: GoneClients;
  private readonly follower: LogFollower;
  private readonly wake: Wake;
  private readonly ending = new AbortController();
  private notifying: Notifying = { rules: [], channels: new Map() };
  private wanted: ReadonlySet<string> = new Set();
  private readonly labels: Labels;
  private running: Promise<unknown> = Promise.resolve();
  private savedAtMs = 0;
  /** Number of the last event before the start. */
  private startedAfter = 0;

  constructor(options: NotifierOptions) {
    this.options = options;
    const { server, groups, lostAfterMs, warn, onAttempt = () => {} } = options;
    const { clock = wallClock, random = Math.random } = options;
    this.clock = clock;
    this.wake = new Wake(clock);
    const collection = <Value>(name: string) => server.collection<Value>(`notify/${name}`);
    this.outbox = new Outbox({ collection: collection<Message>('messages'), clock, random, onAttempt });
    this.silences = new Silences(collection<Silence>('silences'), groups);
    this.labels = new Labels(server);
    const { of: labelsOf } = this.labels;
    this.ledger = new Ledger({
      now: () => clock.now(),
      labelsOf,
      isSilenced: (note) => this.silences.isSilenced(note, clock.now(), labelsOf),
    });
    this.gone = new GoneClients(collection('away'), { lostAfterMs, startedMs: clock.now() });
    this.keeper = new Keeper(collection, this.ledger);
    this.follower = new LogFollower({
      ...{ service: server, log: options.log, warn },
      isWanted: ({ type }) => this.wanted.has(type),
      take: (event) => this.take(event),
      takeAtOnce: (event) => this.takeAtOnce(event),
      missed: (count, upTo) => this.miss(count, upTo),
      taken: () => this.wake.tell(),
    });
  }

  get nowMs(): number {
    return this.clock.now();
  }

  get position(): number {
    return this.follower.position;
  }

  get rules(): readonly Rule[] {
    return this.notifying.rules;
  }

  /** Continues the work of earlier servers. Retries while the store cannot be read. */
  start(notifying: Notifying): void {
    this.apply(notifying);
    const reader = this.options.server.watch();
    this.startedAfter = (reader.first ?? 1) - 1;
    void reader[Symbol.asyncDispose]();
    this.running = this.run();
  }

  /** Replaces rules and channels. */
  async replace(notifying: Notifying): Promise<void> {
    this.apply(notifying);
    await this.outbox.replace(notifying.channels);
    this.wake.tell();
  }

  /** Stores a silence, or lifts it if it has no time left. @throws SignalboxError `bad_arguments` if there is no silence to lift. */
  async silence(silence: Silence): Promise<void> {
    const { filter, actor, atMs, untilMs } = silence;
    const { server } = this.options;
    if (untilMs > atMs) {
      await this.silences.put(silence);
      server.emit({ type: 'notify.silenced', filter, untilMs, actor });
    } else {
      await this.silences.lift(filter);
      server.emit({ type: 'notify.unsilenced', filter, actor });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    await this.follower[Symbol.asyncDispose]();
    await this.running;
    await this.outbox[Symbol.asyncDispose]();
  }

  private apply(notifying: Notifying): void {
    this.notifying = notifying;
    this.outbox.know(notifying.channels);
    const types = ['client.state', 'client.joined', 'client.forgotten'];
    for (const { on, after } of notifying.rules) for (const event of on) types.push(...typesOf(event, after));
    this.wanted = new Set(types);
    this.ledger.replace(notifying.rules);
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    let isOpen = false;
    let hasWarned = false;
    while (!signal.aborted) {
      try {
        if (!isOpen) await this.open();
        isOpen = true;
        await this.turn();
        hasWarned = false;
        const nowMs = this.clock.now();
        await this.wake.wait(Math.max(0, this.nextMs(nowMs) - nowMs), signal);
      } catch (error) {
        if (signal.aborted) break;
        if (!hasWarned)
          this.options.warn(`notifications are delayed: ${SignalboxError.from(error, 'internal').message}`);
        hasWarned = true;
        await this.clock.sleep(againMs, signal);
      }
    }
    // The next server repeats unwritten changes.
    if (isOpen) await this.keeper.save(this.follower.position, { nowMs: this.clock.now() }).catch(() => {});
  }

  private async open(): Promise<void> {
    const { server } = this.options;
    await this.outbox.load();
    const position = (await this.keeper.load(this.outbox.messages.values())) ?? this.startedAfter;
    await this.keeper.begin(position);
    this.ledger.replace(this.notifying.rules);
    await this.silences.load(this.clock.now());
    await this.gone.load(await server.clients());
    await this.labels.read();
    await this.outbox.replace(this.notifying.channels);
    await this.follower.start(position);
  }

  private nextMs(nowMs: number): number {
    const isDirty = this.keeper.isDirty(this.follower.position);
    const saveAtMs = isDirty ? Math.min(this.savedAtMs, nowMs) + saveMs : Number.POSITIVE_INFINITY;
    return Math.min(this.ledger.nextDueMs(nowMs), this.gone.nextDueMs(nowMs), saveAtMs);
  }

  private async turn(): Promise<void> {
    const nowMs = this.clock.now();
    for (const note of this.gone.due(nowMs)) this.ledger.take(note);
    const hasFrozen = await this.keeper.freeze(nowMs, {
      included: (group, content) => includedOf(group, content, this.options.server),
      store: (message) => this.outbox.add(message),
    });
    // A clock that was set back makes it earlier than the last time.
    const isEarly = nowMs >= this.savedAtMs && nowMs < this.savedAtMs + saveMs;
    if (!hasFrozen && isEarly) return;
    this.savedAtMs = nowMs;
    await this.keeper.save(this.follower.position, { nowMs, between: () => this.gone.save() });
    await this.outbox.trim(({ seq }) => seq <= this.keeper.saved);
  }

  private take(event: LoggedEvent): void | Promise<void> {
    this.gone.take(event);
    const notes = notesOf(event).filter(({ event: name }) => !name.startsWith('store.'));
    const { rules } = this.notifying;
    if (event.type === 'client.joined') this.labels.joined(event.client);
    const needsLabels = notes.some((note) => this.asksForLabels(note));
    if (needsLabels || rules.some((rule) => rule.needsActor)) return this.takeKnowing(event, notes, needsLabels);
    for (const note of notes) this.ledger.take(note);
  }

  private async takeKnowing(event: LoggedEvent, notes: readonly Note[], needsLabels: boolean): Promise<void> {
    if (needsLabels) await this.labels.read();
    for (const note of notes) this.ledger.take({ ...note, actor: note.actor ?? (await this.actorOf(event)) });
  }

  private async actorOf(event: LoggedEvent): Promise<string | undefined> {
    if (!('id' in event) || !('client' in event)) return undefined;
    const job = await this.options.server.get({ id: event.id, client: event.client }).catch(() => undefined);
    return job?.actor;
  }

  private asksForLabels({ event, client }: Note): boolean {
    if (!this.labels.isUnread(client)) return false;
    return this.silences.needsLabels || this.notifying.rules.some((rule) => rule.needsLabels && rule.on.has(event));
  }

  private takeAtOnce(event: Event): void {
    const { rules, channels } = this.notifying;
    const { onAttempt } = this.options;
    const using = { channels, clock: this.clock, signal: this.ending.signal, onAttempt };
    for (const note of notesOf(event)) {
      const to = new Set(rules.filter((rule) => rule.on.has(note.event)).flatMap((rule) => rule.to));
      const isSilent = this.silences.isSilenced(note, this.clock.now(), () => ({}));
      if (!isSilent) tellAtOnce(note, { to, ...using });
    }
  }

  private miss(count: number, upTo: number): void {
    this.missed += count;
    const sentence = `${count} events were deleted from the log before notifications read them; keep events longer (--keep)`;
    this.options.warn(sentence);
    const to = new Set(this.notifying.rules.flatMap((rule) => rule.to));
    this.keeper.alsoStore(missedMessage(sentence, { count, upTo, to, nowMs: this.clock.now() }));
  }
}
