/** The kinds of key that an operator deletes, and who reports them. */
import type { TokenKind } from '../../src/provider/provider.ts';

const types = (...rules: readonly string[]) => rules.map((rule) => `gitleaks_rule_id_${rule}`);

const ELSEWHERE = { open: 'Yandex Cloud Kazakhstan has keys of its own, and is not asked for them.' };

export const API_KEY: TokenKind = {
  id: 'api-key',
  types: types('yandex.cloud_api_key', 'yandex-api-key'),
  pattern: /(?<![\w-])AQVN[\w-]{35,38}(?![\w-])/,
  effect: 'token',
  possession: 'one-fits',
  places: ELSEWHERE,
  whole: 'open',
  undo: 'no',
};
export const STATIC_KEY: TokenKind = {
  id: 'static-key-secret',
  types: types('yandex.cloud_aws_api_compatible_access_secret', 'yandex-aws-access-token'),
  pattern: /(?<![\w-])YC[\w-]{38}(?![\w-])/,
  effect: 'token',
  possession: 'signs-in',
  places: ELSEWHERE,
  whole: 'exact',
  undo: 'no',
};
