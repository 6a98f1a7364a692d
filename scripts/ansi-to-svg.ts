const colours: Record<string, string> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '36': '#79c0ff',
};
const [cellWidth, cellHeight, padding] = [8.4, 18, 14];

/** Draws rows of a terminal, with the escape sequences of `tmux capture-pane -e`, as SVG. */
export function ansiToSvg(rows: readonly string[], columns: number): string {
  const [width, height] = [Math.round(columns * cellWidth) + 2 * padding, rows.length * cellHeight + 2 * padding];
  const lines = rows.map((row, index) => {
    const y = padding + (index + 0.75) * cellHeight;
    return `<text x="${padding}" y="${y}" xml:space="preserve">${spans(row)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    '<title>The prompt of Signalbox</title>',
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#e6edf3">`,
    ...lines,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function spans(row: string): string {
  let [bold, dim, underline, colour] = [false, false, false, ''];
  let column = 0;
  let svg = '';
  // Each piece is a sequence that sets the style, followed by text.
  for (const piece of `m${row}`.split('\u001b[')) {
    const [, sequence = '', text = ''] = /^([\d;]*)m(.*)$/.exec(piece) ?? [];
    for (const code of sequence.split(';')) {
      if (code === '' || code === '0') [bold, dim, underline, colour] = [false, false, false, ''];
      else if (code === '1') bold = true;
      else if (code === '2') dim = true;
      else if (code === '4') underline = true;
      else if (code === '22') [bold, dim] = [false, false];
      else if (code === '24') underline = false;
      else colour = colours[code] ?? (code === '39' ? '' : colour);
    }
    if (text === '') continue;
    const style = [
      bold ? 'font-weight="bold"' : '',
      dim ? 'opacity="0.6"' : '',
      underline ? 'text-decoration="underline"' : '',
      colour === '' ? '' : `fill="${colour}"`,
    ];
    const x = padding + column * cellWidth;
    svg += `<tspan x="${x.toFixed(1)}" textLength="${(text.length * cellWidth).toFixed(1)}" ${style.filter(Boolean).join(' ')}>${escapeXml(text)}</tspan>`;
    column += text.length;
  }
  return svg;
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
