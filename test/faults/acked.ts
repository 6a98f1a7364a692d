import type { FromServer } from '../../schemas/index.ts';
import { readServer, wholeId } from '../support/wire.ts';
import { framesIn } from './wire-marks.ts';

/**
 * The ids of the jobs whose outcomes a server acknowledges in the bytes of its connection, as far as they can be read.
 */
export function ackedIn(bytes: Buffer): string[] {
  let bootId = '';
  return framesIn(bytes).flatMap((frame) =>
    readServer(frame).flatMap((message: FromServer) => {
      if (message.type === 'welcome') bootId = message.serverBootId;
      return message.type === 'ack' ? message.ids.map((id) => wholeId(id, bootId)) : [];
    }),
  );
}
