/** Headers of keys and parts of tokens, with hostile text around them: the whole service, and a GitLab that has the files. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newRsaKey } from '../../providers/ssh/cases.ts';
import { eventually } from '../support/eventually.ts';
import { LEDGERS } from '../support/ledgers.ts';
import { startQuashHere } from '../support/quash-here.ts';

const SHARED = 'the-pre-shared-token-of-gitlab-0123456789';
const ADMIN = 'the-admin-token-of-an-operator-9876543210';
const TYPE = 'gitleaks_rule_id_rsa_private_key';

/** Knows some public keys, and shows some files to anybody. */
async function startGitlab() {
  const files = new Map<string, string>();
  const keys = new Map<string, { id: number; key: string }>();
  const removed: number[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://gitlab');
    const answer = (status: number, json: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    const file = files.get(url.pathname);
    if (file !== undefined) return response.writeHead(200).end(file);
    if (url.pathname === '/api/v4/keys') {
      const key = keys.get(url.searchParams.get('fingerprint') ?? '');
      return key ? answer(200, { ...key, user: { id: 25 } }) : answer(404, { message: '404 Key Not Found' });
    }
    const [, id] = /^\/api\/v4\/users\/25\/keys\/(\d+)$/.exec(url.pathname) ?? [];
    const known = [...keys].find(([, key]) => String(key.id) === id);
    if (request.method !== 'DELETE' || !known) return answer(404, { message: '404 Not Found' });
    keys.delete(known[0]);
    removed.push(known[1].id);
    return response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, files, keys, removed };
}

async function world(open: (typeof LEDGERS)[number]['open']) {
  const gitlab = await startGitlab();
  const { folder, env } = await open();
  const instances = [{ url: gitlab.url, adminToken: ['gl', 'pat-', 'Adm1'.repeat(5)].join('') }];
  const quash = await startQuashHere({
    cwd: folder,
    env: {
      ...env,
      QUASH_AUTH__TOKENS: JSON.stringify([SHARED]),
      QUASH_ADMIN__TOKENS: JSON.stringify([ADMIN]),
      QUASH_GITLAB__INSTANCES: JSON.stringify(instances),
      QUASH_UPSTREAM__ALLOWPRIVATE: '["127.0.0.1"]',
    },
  });
  return {
    ...gitlab,
    /** Puts a file there, and reports what is in it. */
    async leaks(path: string, text: string, token: string) {
      gitlab.files.set(path, text);
      const headers = { authorization: SHARED, 'content-type': 'application/json' };
      const body = JSON.stringify([{ type: TYPE, token, location: `${gitlab.url}${path}#L1` }]);
      const answer = await fetch(`${quash.apiUrl}/v1/revoke_tokens`, { method: 'POST', headers, body });
      expect(answer.status).toBe(204);
    },
    async ends(): Promise<readonly string[]> {
      const headers = { authorization: `Bearer ${ADMIN}` };
      const answer = await fetch(`${quash.adminUrl}/api/revocations`, { headers });
      const { entries } = (await answer.json()) as {
        entries: { state: string; outcome: { kind: string; reason?: string } | null }[];
      };
      return entries.map(({ state, outcome }) => `${state} ${outcome?.reason ?? outcome?.kind}`).sort();
    },
  };
}

const at = (commit: string, project = 'good/app') => `/${project}/-/raw/${commit.repeat(8)}/deploy/id_rsa`;

describe.each(LEDGERS)('the header of a key, on $name', ({ missing, open }) => {
  it.skipIf(missing)(
    'leads to each key of the file, and to none that only names somebody else’s',
    async () => {
      const { keys, removed, leaks, ends } = await world(open);
      const [first, second, victim] = [newRsaKey(1024), newRsaKey(1024), newRsaKey(1024)];
      for (const [index, { fingerprint, authorized }] of [first, second, victim].entries())
        keys.set(fingerprint, { id: index + 1, key: authorized });
      const header = first.pem.slice(0, first.pem.indexOf('\n'));

      // The public key of somebody else, and blocks that are none, before a real key.
      const decoys = `${victim.authorized}\n${header}\nAAAA\n-----END RSA PRIVATE KEY-----\n${header}\n`;
      await leaks(at('a'), `${decoys}${first.pem}\n`, header);
      await eventually(() => expect(removed).toEqual([1]));
      await leaks(at('b'), `${second.pem}\n`, header);
      await eventually(() => expect(removed).toEqual([1, 2]));

      await eventually(async () =>
        expect(await ends()).toEqual([
          'attention unsupported-kind',
          'done followed',
          'done revoked',
          'done revoked',
        ]),
      );
      expect([...keys.keys()]).toEqual([victim.fingerprint]);
    },
  );
});
