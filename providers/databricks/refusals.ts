/** What a person does where Databricks lets Quash do nothing. Quirks are listed in `index.ts`. */
import { refused } from '../../src/provider/kit/results.ts';

export const NOT_LISTED = refused(
  'unsupported-kind',
  'Databricks takes this token but does not list it among those of its user: revoke it by hand.',
);

export const KEPT_OUT = refused(
  'manual',
  'Databricks took this token before and refuses it now, as it does while its user may use no tokens or is deactivated: see in the settings of the workspace whether the token is gone, and revoke it there.',
);

export const ELSEWHERE = refused(
  'not-permitted',
  'Databricks does not let this token into a configured workspace, in words that it has for tokens of others: find out which workspace it is of, add that to providers.databricks.workspaces and retry.',
);

export const NOT_PERMITTED = refused(
  'not-permitted',
  'Databricks does not let this token list or revoke tokens, or refuses it in words of its own: have an administrator of its workspace look whether it is there, and revoke it.',
);
