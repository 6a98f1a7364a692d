import { clientLayouts, type FromClient, type Layout, serverLayouts } from '../../schemas/index.ts';
import type { Mark } from '../support/proxy.ts';
import { readClient } from '../support/wire.ts';

const layouts: Readonly<Record<string, Layout>> = { ...clientLayouts, ...serverLayouts };
const byte = (value: number) => `\\x${value.toString(16).padStart(2, '0')}`;

/**
 * How a message of each type starts on the wire: the head of its array, with or without optional fields, and its code;
 * or its `type`. Other bytes may look the same, though rarely. Plain connections only.
 */
export function messageMark(type: string): Mark {
  const layout = layouts[type];
  if (!layout)
    return { pattern: new RegExp(`\xa4type${byte(0xa0 | type.length)}${type}`, 'g'), length: 6 + type.length };
  const head = 0x91 + layout.required.length;
  return { pattern: new RegExp(`[${byte(head)}${byte(head + 1)}]${byte(layout.code)}`, 'g'), length: 2 };
}

const greetingBytes = 64;

/** The messages of a client in the bytes of its connection (ZMTP 3, without keys), as far as they can be read. */
export const saidIn = (bytes: Buffer): FromClient[] => framesIn(bytes).flatMap(readClient);

/** The frames in the bytes of a connection. */
export function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = greetingBytes; at + 2 <= bytes.length; ) {
    const flags = bytes.readUInt8(at);
    const isLong = (flags & 2) !== 0;
    if (isLong && at + 9 > bytes.length) break;
    const start = at + (isLong ? 9 : 2);
    const end = start + (isLong ? Number(bytes.readBigUInt64BE(at + 1)) : bytes.readUInt8(at + 1));
    if (end > bytes.length) break;
    const isCommand = (flags & 4) !== 0;
    if (!isCommand) frames.push(bytes.subarray(start, end));
    at = end;
  }
  return frames;
}
