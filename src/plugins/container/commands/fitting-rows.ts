/** What a result has room for, which is 256 KiB and 16,384 values in all. */
const maxRows = 500;
const maxBytes = 200_000;

/** The first rows, as many as a result has room for. */
export function fittingRows<Row>(rows: readonly Row[]): Row[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row));
    return index === maxRows || bytes > maxBytes;
  });
  return rows.slice(0, end === -1 ? rows.length : end);
}
