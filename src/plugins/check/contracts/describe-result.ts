/** A result in words: `200 in 34 ms, certificate for 61 days`. */
export function describeResult(result: {
  ok: boolean;
  error: string | null;
  status: number | null;
  totalMs: number;
  certificateDaysLeft: number | null;
}): string {
  if (!result.ok) return result.error ?? 'not ok';
  const days = result.certificateDaysLeft;
  const certificate = days === null ? '' : `, certificate for ${days} ${days === 1 ? 'day' : 'days'}`;
  return `${result.status} in ${Math.round(result.totalMs)} ms${certificate}`;
}
