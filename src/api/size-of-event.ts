import type { Event } from '../plugin/observer.ts';
import { sizeOfValue } from '../size-of-value.ts';

/** About what an event takes as JSON, in bytes. */
export function sizeOfEvent(event: Event): number {
  switch (event.type) {
    case 'job.output':
      return 256 + event.data.length * 2;
    case 'job.records':
      return 256 + sizeOfValue(event.records);
    case 'job.submitted':
      return 256 + sizeOfValue(event.args);
    case 'job.settled':
    case 'job.late':
      return 512 + sizeOfValue(event.result) + sizeOfValue(event.text);
    default:
      return 512;
  }
}
