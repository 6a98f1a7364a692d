/** How a message of each type begins on the wire: its `type` field, as msgpack. Plain connections only. */
export function messageMark(type: string): Buffer {
  return Buffer.concat([
    Buffer.from([0xa4]),
    Buffer.from('type'),
    Buffer.from([0xa0 | type.length]),
    Buffer.from(type),
  ]);
}
