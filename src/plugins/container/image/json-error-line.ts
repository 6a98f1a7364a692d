/** The line of the first syntax error in JSON. The message of `JSON.parse` quotes the text, which may contain secrets. */
export function lineOfJsonError(text: string): number {
  const lines = text.split('\n');
  for (let count = 1; count < lines.length; count += 1) {
    if (!couldGoOn(`${lines.slice(0, count).join('\n')}\n`)) return count;
  }
  return lines.length;
}

/** Whether the text is a valid beginning of JSON. */
function couldGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/ at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
    return /^Unexpected end/.test(message) || position >= beginning.trimEnd().length;
  }
}
