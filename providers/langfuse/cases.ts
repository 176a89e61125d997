import type { ProviderSpec } from '../../test/contract/provider-suite.ts';
import type { Exchange } from '../../test/support/scripted-upstream.ts';
import { langfuse } from './index.ts';

// Put together here, so that no scanner takes them for leaks.
export const SECRET_KEY = ['sk', 'lf', '0a1b2c3d-0000-4000-8000-000000000001'].join('-');
const PUBLIC_KEY = ['pk', 'lf', '0a1b2c3d-0000-4000-8000-000000000002'].join('-');
const OUR_PUBLIC_KEY = ['pk', 'lf', 'organization'].join('-');
const OUR_SECRET_KEY = 'the secret key of the organization';
export const CONTEXT = `LANGFUSE_PUBLIC_KEY=${PUBLIC_KEY}\nLANGFUSE_SECRET_KEY=${SECRET_KEY}\n`;

export const config = (url: string) => ({
  organizations: [{ name: 'acme', url, publicKey: OUR_PUBLIC_KEY, secretKey: OUR_SECRET_KEY }],
});

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const pair = (status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/public/projects', headers: basic(PUBLIC_KEY, SECRET_KEY) },
  answer: { status, json },
});
const keys = (method: string, path: string, status: number, json: unknown): Exchange => ({
  expect: {
    method,
    path: `/api/public/projects/project-1/apiKeys${path}`,
    headers: basic(OUR_PUBLIC_KEY, OUR_SECRET_KEY),
  },
  answer: { status, json },
});
export const alive = pair(200, { data: [{ id: 'project-1', name: 'app' }] });
export const gone = pair(401, { message: 'Invalid credentials. Confirm the host.' });
export const listed = (...publicKeys: readonly string[]) =>
  keys('GET', '', 200, {
    apiKeys: publicKeys.map((publicKey, index) => ({
      id: `key-${index}`,
      publicKey,
      displaySecretKey: 'sk-lf-...0001',
    })),
  });
export const known = listed('pk-lf-other', PUBLIC_KEY);
const remove = keys('DELETE', '/key-1', 200, { success: true });
const refusal = (status: number) => keys('GET', '', status, { message: 'Invalid API key.' });
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'needs-context' } } as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    definition: langfuse,
    config,
    token: SECRET_KEY,
    context: CONTEXT,
    credentials: [OUR_SECRET_KEY],
    kind: 'secret-key',
    type: 'gitleaks_rule_id_langfuse-secret-key.1',
    unknownAnswer: { status: 401, json: { message: 'Invalid credentials.' } },
    scripts: {
      revoked: { exchanges: [alive, known, alive, known, remove, gone] },
      // A deleted key signs in with no public key, like one that was made up.
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive, refusal(401)] },
      forbidden: { exchanges: [alive, refusal(403)] },
      secondCall: unknown,
    },
  },
];
