import { setTimeout as passing } from 'node:timers/promises';
import { expect } from 'vitest';
import { fetchOnlineUsers } from '../../plugins/presence/grpc-user.ts';
import type { PongModel } from './pong-model.ts';

const everyMs = 200;

/** A count with its bounds. */
interface Reading {
  readonly address: string;
  readonly count: number;
  readonly least: number;
  readonly most: number;
}

const isRight = ({ count, least, most }: Reading): boolean => count >= least && count <= most;

/** Requests the count continuously, and compares each answer with the model. */
export class Readers {
  /** Impossible counts, and the events before them. */
  readonly wrong: (Reading & { readonly after: string })[] = [];
  /** The last events. */
  after = '';
  private readonly model: PongModel;
  private readonly places: readonly { readonly address: string }[];
  private readonly ending = new AbortController();
  private readonly reading: Promise<unknown>;
  private counts = 0;
  private calmCounts = 0;
  private uncertain = 0;

  constructor(model: PongModel, places: readonly { readonly address: string }[]) {
    this.model = model;
    this.places = places;
    this.reading = Promise.all(places.map(({ address }) => this.readOn(address)));
  }

  /** Everything works: each service answers, and is right. */
  async expectRight(): Promise<void> {
    const readings = await Promise.all(this.places.map(({ address }) => this.read(address)));
    this.calmCounts += readings.length;
    this.uncertain += readings.reduce((sum, { least, most }) => sum + most - least, 0);
    expect(
      readings.filter((reading) => !isRight(reading)),
      this.after,
    ).toEqual([]);
  }

  /** @returns a summary as text. */
  async end(): Promise<string> {
    this.ending.abort();
    await this.reading;
    const average = (this.uncertain / this.calmCounts).toFixed(1);
    return `${this.counts} counts; 3 s after the faults ${average} users were uncertain on average`;
  }

  private async readOn(address: string): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      const reading = await this.read(address).catch(() => undefined);
      if (reading && !isRight(reading)) this.wrong.push({ ...reading, after: this.after });
      await passing(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  /** @throws ServiceError of grpc-js */
  private async read(address: string): Promise<Reading> {
    const askedMs = performance.now();
    const asked = this.model.certain(askedMs);
    const count = await fetchOnlineUsers(address);
    this.counts += 1;
    return { address, count, ...this.model.bounds(asked, askedMs, performance.now()) };
  }
}
