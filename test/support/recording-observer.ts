import type { Event, Observer } from '../../src/plugin/observer.ts';

/** Records every event. */
export class RecordingObserver implements Observer {
  readonly name: string;
  readonly events: Event[] = [];

  constructor(name = 'recorder') {
    this.name = name;
  }

  on(event: Event): void {
    this.events.push(event);
  }

  of<Type extends Event['type']>(type: Type): Extract<Event, { type: Type }>[] {
    return this.events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
  }
}
