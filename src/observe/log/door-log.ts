import type { Logger } from 'pino';
import type { DoorNews } from '../../api/https/news.ts';
import { type LeftOut, Throttle } from '../../throttle.ts';
import { visits, wrongs } from '../record-bounds.ts';

/** Logs sign-ins over the network and failed ones, at most a few per address. */
export class DoorLog implements Disposable {
  private readonly logger: Logger;
  private readonly failures = new Throttle<DoorNews>({ ...wrongs, onLeftOut: (leftOut) => this.leftOut(leftOut) });
  private readonly visits = new Throttle<DoorNews>({ ...visits, onLeftOut: (leftOut) => this.leftOut(leftOut) });

  constructor(logger: Logger) {
    this.logger = logger;
  }

  tell(news: DoorNews): void {
    const { type, address } = news;
    if (type === 'signed in') {
      if (this.visits.admits(`${address} ${news.operator}`, news)) this.write(news);
    } else if (this.failures.admits(`${address} ${type}`, news)) this.write(news);
  }

  [Symbol.dispose](): void {
    for (const one of [this.failures, this.visits]) one[Symbol.dispose]();
  }

  private leftOut({ newest, count: times, isMixed }: LeftOut<DoorNews>): void {
    const { address, ...facts } = newest;
    this.write({ ...(isMixed ? {} : { address }), ...facts } as DoorNews, times);
  }

  private write({ type, ...facts }: DoorNews, times = 1): void {
    const more = times > 1 ? { times } : {};
    if (type === 'signed in') this.logger.info({ ...facts, ...more }, 'operator signed in');
    else this.logger.warn({ ...facts, ...more }, type);
  }
}
