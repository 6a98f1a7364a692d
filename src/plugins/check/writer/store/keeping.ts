/** Retention times. */
export interface Keeping {
  readonly keepMs: number;
  readonly keepHourlyMs: number;
}
