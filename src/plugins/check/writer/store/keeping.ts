/** How long what is stored is kept. */
export interface Keeping {
  readonly keepMs: number;
  readonly keepHourlyMs: number;
}
