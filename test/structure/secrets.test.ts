import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

it('reveals secrets in few places only', () => {
  const revealing = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => join('src', name))
    .filter((path) => /\.[jt]s$/.test(path) && /\.reveal\(\)/.test(readFileSync(join(ROOT, path), 'utf8')))
    .sort();
  expect(revealing).toEqual([
    'src/admin/sessions.ts',
    'src/cli/admin-client.ts',
    'src/custom/template.ts',
    'src/gitlab/events.ts',
    'src/gitlab/sweep-order.ts',
    'src/http/gathered.ts',
    'src/http/hooks.ts',
    'src/notify/smtp.ts',
    'src/notify/target.ts',
    'src/notify/webhook.ts',
    'src/observe/scrub.ts',
    'src/open-ledger.ts',
    'src/openid/openid.ts',
    'src/provider/context.ts',
    'src/provider/death.ts',
    'src/provider/kit/s3-pair.ts',
    'src/provider/kit/searched-list.ts',
    'src/provider/own-credential.ts',
    'src/provider/possession.ts',
    'src/provider/unreadable.ts',
    'src/provider/upstream.ts',
    'src/server/auth.ts',
    'src/submit/client.ts',
    'src/upstream/wire-request.ts',
    'src/vault/seal.ts',
    'src/words/subject.ts',
  ]);
});
