import { holdContract } from './hold-contract.ts';

holdContract('with settings that change what is written and read', [
  "default_transaction_isolation = 'serializable'",
  'extra_float_digits = -10',
  "bytea_output = 'escape'",
  "search_path = 'pg_catalog'",
  "DateStyle = 'German'",
]);
