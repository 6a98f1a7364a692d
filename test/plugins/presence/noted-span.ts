import type { TraceAttributes, TraceSpan } from '../../../src/index.ts';

/** A span that records its data. */
export class NotedSpan implements TraceSpan {
  readonly traceparent: string;
  readonly isSampled: boolean;
  readonly links: string[] = [];
  readonly within: string[] = [];
  attributes: TraceAttributes = {};

  constructor(number: number, { isSampled = true } = {}) {
    const id = String(number).padStart(16, '0');
    this.traceparent = `00-${id.repeat(2)}-${id}-0${isSampled ? 1 : 0}`;
    this.isSampled = isSampled;
  }

  begin(name: string): TraceSpan {
    this.within.push(name);
    return new NotedSpan(1_000_000);
  }

  set(attributes: TraceAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  link(traceparent: string): void {
    this.links.push(traceparent);
  }

  end(): void {}
}
