import type { Result } from './result.ts';
import type { Row, Who } from './rows.ts';
import { names, ratio, titles } from './words.ts';

const [width, left, right, barHeight, gap] = [760, 320, 60, 14, 12];
const scale = width - left - right;
const shown: readonly Who[] = ['signalbox', 'grpc', 'nats'];

/** Ratios to raw ZeroMQ as horizontal bars: first the measures where longer is better, then those where shorter is. */
export function chart({ rows, run }: Result): string {
  const [fast, quick] = [['rate'], ['p50', 'p99', 'broadcast', 'gather']].map((measures) =>
    rows.filter(({ measure, who }) => measures.includes(measure) && shown.includes(who)),
  );
  const first = panel('Throughput as a multiple of raw ZeroMQ: longer is better', fast ?? [], 62);
  const second = panel('Time as a multiple of raw ZeroMQ: shorter is better', quick ?? [], first.bottom + 24);
  const height = second.bottom + 28;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    '<title>Speed of Signalbox compared with raw ZeroMQ, gRPC and NATS</title>',
    style,
    `<rect class="card" width="${width - 1}" height="${height - 1}" x="0.5" y="0.5" rx="8"/>`,
    ...legend(rows),
    ...first.lines,
    ...second.lines,
    text(20, height - 14, `${run.machine}, Node ${run.node}, ${run.date}`, 'small'),
    '</svg>',
    '',
  ].join('\n');
}

// A card with its own background is readable on any page; the colours follow the reader's colour scheme.
const style = `<style>
  text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .head { font-weight: 600 } .small { font-size: 11px; fill: #59636e } .end { text-anchor: end } .middle { text-anchor: middle }
  .card { fill: #ffffff; stroke: #d1d9e0 } .one { stroke: #59636e; stroke-dasharray: 3 3 }
  .signalbox { fill: #1a7f37 } .grpc { fill: #0969da } .nats { fill: #9a6700 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .card { fill: #0d1117; stroke: #3d444d } .one { stroke: #9198a1 }
    .signalbox { fill: #3fb950 } .grpc { fill: #4493f8 } .nats { fill: #d29922 }
  }
</style>`;

function legend(rows: readonly Row[]): string[] {
  const present = shown.filter((one) => rows.some(({ who }) => who === one));
  return present.flatMap((who, index) => [
    `<rect class="${who}" x="${20 + index * 150}" y="18" width="12" height="12" rx="2"/>`,
    text(38 + index * 150, 29, names[who]),
  ]);
}

function panel(title: string, rows: readonly Row[], top: number) {
  const lines = [text(20, top, title, 'head')];
  const longest = Math.max(1.2, ...rows.map((row) => row.ratio));
  let y = top + 28;
  for (const [name, group] of Map.groupBy(rows, ({ measure, at }) => titles[measure](at))) {
    const middle = y + (group.length * barHeight) / 2 + 4;
    lines.push(text(left - 10, middle, name, 'end'));
    for (const who of shown) {
      const row = group.find((one) => one.who === who);
      if (!row) continue;
      const length = (row.ratio / longest) * scale;
      lines.push(
        `<rect class="${who}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="${barHeight - 2}" rx="2"/>`,
      );
      lines.push(text(left + length + 6, y + barHeight - 4, ratio(row.ratio), 'small'));
      y += barHeight;
    }
    y += gap;
  }
  const one = left + scale / longest;
  lines.push(`<line class="one" x1="${one.toFixed(1)}" x2="${one.toFixed(1)}" y1="${top + 23}" y2="${y - gap + 2}"/>`);
  lines.push(text(one, top + 18, names.raw, 'small middle'));
  return { lines, bottom: y };
}

const text = (x: number, y: number, words: string, style = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${style}">${escapeXml(words)}</text>`;

const escapeXml = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
