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
const signIn = (publicKey: string, status: number, json: unknown): Exchange => ({
  expect: { method: 'GET', path: '/api/public/projects', headers: basic(publicKey, SECRET_KEY) },
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
const PROJECT = { data: [{ id: 'project-1', name: 'app' }] };
const INVALID = { message: "Invalid credentials. Confirm that you've configured the correct host." };
export const alive = signIn(OUR_PUBLIC_KEY, 200, PROJECT);
export const gone = signIn(OUR_PUBLIC_KEY, 401, INVALID);
export const ofOrganization = signIn(OUR_PUBLIC_KEY, 403, {
  message: 'Invalid API key. Are you using an organization key?',
});
export const ofAgent = signIn(OUR_PUBLIC_KEY, 401, {
  message: 'Access denied - in-app agent keys are not allowed for this endpoint',
});
export const withItsOwn = signIn(PUBLIC_KEY, 200, PROJECT);
export const notWithItsOwn = signIn(PUBLIC_KEY, 401, INVALID);
const DECOY = ['pk', 'lf', '0a1b2c3d-0000-4000-8000-000000000003'].join('-');
export const DECOY_CONTEXT = CONTEXT.replace('LANGFUSE_SECRET', `${DECOY} LANGFUSE_SECRET`);
export const ofDecoy = signIn(DECOY, 403, { message: 'Your IP address is not allowed' });
/** What is shown of the secret keys of the project: six characters, dots and four. */
export const listed = (...endings: readonly string[]) =>
  keys('GET', '', 200, {
    apiKeys: endings.map((ending, index) => ({
      id: `key-${index}`,
      publicKey: index === 0 ? PUBLIC_KEY : `pk-lf-${index}`,
      displaySecretKey: `sk-lf-...${ending}`,
    })),
  });
export const known = listed('beef', '0001');
export const elsewhere = keys('GET', '', 404, {
  message: "Project not found or you don't have access to it",
});
export const remove = keys('DELETE', '/key-1', 200, { success: true });
const refusal = (status: number) => keys('GET', '', status, { message: 'Invalid API key.' });
const unknown = { exchanges: [gone], endsAs: { outcome: 'refused', reason: 'needs-context' } } as const;
const unknownPair = { ...unknown, exchanges: [gone, notWithItsOwn] } as const;

const shared = {
  definition: langfuse,
  config,
  token: SECRET_KEY,
  credentials: [OUR_SECRET_KEY],
  kind: 'secret-key',
  type: 'gitleaks_rule_id_langfuse-secret-key.1',
  unknownAnswer: { status: 401, json: INVALID },
} as const;

export const cases: readonly ProviderSpec<object>[] = [
  {
    ...shared,
    scripts: {
      revoked: { exchanges: [alive, known, alive, known, remove, gone] },
      alreadyDead: unknown,
      unknownToken: unknown,
      credentialRefused: { exchanges: [alive, refusal(401)] },
      forbidden: { exchanges: [alive, refusal(403)] },
      secondCall: unknown,
    },
  },
  // One of the old keys, which work with their own public key alone.
  {
    ...shared,
    context: CONTEXT,
    idShownBy: 'The record is the only one of its project that is shown with the ending of the secret.',
    scripts: {
      revoked: {
        exchanges: [gone, withItsOwn, known, withItsOwn, known, remove, notWithItsOwn],
      },
      alreadyDead: unknownPair,
      unknownToken: unknownPair,
      credentialRefused: { exchanges: [gone, withItsOwn, refusal(401)] },
      forbidden: { exchanges: [gone, withItsOwn, refusal(403)] },
      secondCall: unknownPair,
    },
  },
];
