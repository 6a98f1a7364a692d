import { decodeFrame } from '../../../src/wire/decode-frame.ts';
import { encodeFrame, encodeMessage } from '../../../src/wire/encode-frame.ts';
import { fromServer } from '../../../src/wire/message-readers.ts';
import { pingMessage } from '../contenders/payload.ts';
import type { Plan } from '../plan.ts';
import type { Samples } from '../report/rows.ts';

/** Encodes and decodes commands, checked on both sides; compared with JSON, which checks nothing. */
export function measureCodec(plan: Plan, samples: Samples): void {
  for (const count of plan.frames) {
    const messages = Array.from({ length: count }, () => pingMessage);
    const works = {
      json: () => JSON.parse(JSON.stringify(messages)),
      signalbox: () => decodeFrame(encodeFrame(messages.map((message) => encodeMessage(message))), fromServer),
    };
    const round = () => {
      const json = microsecondsEach(works.json, plan.codecMs) / count;
      const signalbox = microsecondsEach(works.signalbox, plan.codecMs) / count;
      return { json, signalbox };
    };
    round();
    for (let index = 0; index < plan.rounds; index += 1) {
      const { json, signalbox } = round();
      samples.add('codec', count, 'json', json);
      samples.add('codec', count, 'signalbox', signalbox);
    }
  }
}

function microsecondsEach(work: () => unknown, forMs: number): number {
  const beganMs = performance.now();
  let times = 0;
  // The clock is read rarely, because reading it costs as much as the measured work.
  do for (let index = 0; index < 100; index += 1, times += 1) work();
  while (performance.now() - beganMs < forMs);
  return ((performance.now() - beganMs) / times) * 1_000;
}
