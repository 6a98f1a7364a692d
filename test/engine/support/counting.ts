import type { Stream } from '../../../src/index.ts';
import type { Line } from '../../support/line-log.ts';
import { tinyImage } from './tiny-image.ts';

/**
 * A container that counts on both streams until it gets SIGUSR1, then ends with this exit code. Each line has a number,
 * so that missing, repeated and misplaced lines are found.
 */
export function countingLine(exitCode: number, everySeconds = 0.2, flags = ''): string {
  const script = [
    "trap 'go=1' USR1",
    'n=0',
    `while [ -z "$go" ]; do n=$((n+1)); echo "out $n"; echo "err $n" >&2; sleep ${everySeconds}; done`,
    `exit ${exitCode}`,
  ].join('; ');
  return `container --network none ${flags} ${tinyImage} sh -c '${script.replaceAll("'", `'"'"'`)}'`;
}

/** The complete output of a job, joined by offsets from the reports of one server or of several in a row. */
export function outputOf(lines: readonly Line[], id: string, stream: Stream): Buffer {
  let bytes = Buffer.alloc(0);
  const pieces = lines.filter((line) => line.type === 'output' && line.id === id && line.stream === stream);
  for (const { offset = 0, data = '' } of pieces) {
    const piece = Buffer.from(data);
    if (offset > bytes.length)
      throw new Error(`${offset - bytes.length} bytes of ${stream} of ${id} are missing at ${bytes.length}`);
    const known = bytes.subarray(offset, offset + piece.length);
    if (!known.equals(piece.subarray(0, known.length)))
      throw new Error(`${stream} of ${id} is another one at ${offset}`);
    bytes = Buffer.concat([bytes.subarray(0, offset), piece, bytes.subarray(offset + piece.length)]);
  }
  return bytes;
}

/**
 * How far a container has counted, by its complete output.
 * @throws Error if a number is missing, repeated or cut
 */
export function countOf(lines: readonly Line[], id: string): number {
  const counts = (['stdout', 'stderr'] as const).map((stream) => {
    const output = outputOf(lines, id, stream).toString();
    const numbers = output.split('\n').slice(0, -1);
    const whole = numbers.map((_, index) => `${stream === 'stdout' ? 'out' : 'err'} ${index + 1}\n`).join('');
    if (output !== whole) throw new Error(`${stream} of ${id} is not what was counted: ${output.slice(0, 200)}`);
    return numbers.length;
  });
  if (counts[0] !== counts[1]) throw new Error(`${id} has counted to ${counts.join(' and ')}`);
  return counts[0] ?? 0;
}
