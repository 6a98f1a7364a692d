/** A violation of a rule in a run. `key` is the command and client that it is about. */
export interface Violation {
  readonly rule:
    | 'missing outcome'
    | 'two outcomes'
    | 'begun twice'
    | 'begun'
    | 'lost'
    | 'said after the end'
    | 'output'
    | 'error'
    | 'summary'
    | 'acked'
    | 'refused'
    | 'listed'
    | 'stuck';
  readonly what: string;
  readonly key?: string;
}
