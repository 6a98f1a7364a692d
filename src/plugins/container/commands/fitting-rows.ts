/** Fits into a result, whose limits are 256 KiB and 16,384 values. */
const maxRows = 500;
const maxBytes = 200_000;

/** The first rows, up to the number that fits into a result. */
export function fittingRows<Row>(rows: readonly Row[]): Row[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += Buffer.byteLength(JSON.stringify(row));
    return index === maxRows || bytes > maxBytes;
  });
  return rows.slice(0, end === -1 ? rows.length : end);
}
