/** One secret in several spellings is one entry; two secrets are never one. */
import { describe, expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { exampleKinds } from '../../src/dev/example-kinds.ts';
import type { TokenKind } from '../../src/provider/provider.ts';
import { recognise } from '../../src/provider/recognise.ts';

const ALL = await exampleKinds(definitions);

function kindOf(provider: string, id: string): TokenKind {
  const kind = ALL.find(({ definition }) => definition.id === provider)?.kinds.find((each) => each.id === id);
  if (!kind) throw new Error(`There is no kind ${id} of ${provider}.`);
  return kind;
}

function tokenIn(kind: TokenKind, text: string): string {
  const recognised = recognise([kind], text);
  if (!recognised.ok) throw new Error(`${recognised.why}: ${text}`);
  return recognised.token;
}

/** Of a length that is no multiple of that of a line. */
const BODY = Array.from({ length: 45 }, (_, n) => `k3y/Qua+sh${n + 10}Etc`).join('');
const linesOf = (width: number) => BODY.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];

/** @param label such as `RSA ` */
function keyForms(label: string, width: number): readonly string[] {
  const lines = [
    `-----BEGIN ${label}PRIVATE KEY-----`,
    ...linesOf(width),
    `-----END ${label}PRIVATE KEY-----`,
  ];
  const plain = lines.join('\n');
  return [
    plain,
    lines.join('\r\n'),
    `key: |\n${lines.map((line) => `    ${line}`).join('\n')}\n`,
    JSON.stringify({ key: `${plain}\n` }),
    JSON.stringify(JSON.stringify({ key: plain })),
    [lines.at(0), BODY, lines.at(-1)].join('\n'),
    encodeURIComponent(plain),
  ];
}

describe('a secret in another spelling is the same one', () => {
  it.each<readonly [provider: string, kind: string, forms: readonly string[]]>([
    ['ssh', 'private-key', keyForms('RSA ', 64)],
    ['ssh', 'private-key', keyForms('OPENSSH ', 70)],
    ['gcp', 'service-account-key', keyForms('', 64)],
    [
      'google-oauth',
      'refresh-token',
      ['1//0', '1%2F%2F0', '1%2f%2f0', '1\\/\\/0'].map((head) => head + 'k3Y9-_'.repeat(9)),
    ],
    [
      ...(['discord-webhook', 'webhook-url'] as const),
      ['discord.com/api', 'discordapp.com/api', 'canary.discord.com/api/v10'].map(
        (base) => `https://${base}/webhooks/123456789012345678/${'k3Y9'.repeat(17)}`,
      ),
    ],
    [
      ...(['splunk', 'hec-token'] as const),
      ['0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d', '0A1B2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D'],
    ],
    [
      ...(['x', 'bearer-token'] as const),
      ['%3D', '%253D', '%25253D'].map((sign) => `${'A'.repeat(22)}${'k3Y9'.repeat(15)}${sign}s3cR3t`),
    ],
    ['sourcegraph', 'access-token', [`sgp_${'c0ffee12'.repeat(5)}`, `sgp_${'C0FFEE12'.repeat(5)}`]],
  ])('of %s: %s', (provider, id, forms) => {
    const tokens = forms.map((form) => tokenIn(kindOf(provider, id), form));
    expect(new Set(tokens).size).toBe(1);
  });

  it('in the one that its issuer writes, whose entries stay what they were', () => {
    const [plain = ''] = keyForms('OPENSSH ', 70);
    expect(tokenIn(kindOf('ssh', 'private-key'), plain)).toBe(plain);
    const [, , , inJson = ''] = keyForms('', 64);
    expect(inJson).toContain(tokenIn(kindOf('gcp', 'service-account-key'), inJson));
  });

  it('but for a key whose lines say more than its base64', () => {
    const sealed = ['RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,0A1B', '', BODY];
    const text = `-----BEGIN ${sealed.join('\n').replace('KEY\n', 'KEY-----\n')}\n-----END RSA PRIVATE KEY-----`;
    expect(tokenIn(kindOf('ssh', 'private-key'), text)).toBe(text);
  });
});

describe('of every kind', () => {
  it('the one spelling is a token of the kind, and has no other one', async () => {
    const kinds = ALL.flatMap(({ definition, kinds }) => kinds.map((kind) => [definition.id, kind] as const));
    const examples = await Promise.all(
      [...new Set(kinds.map(([id]) => id))].map(async (id) => {
        const { cases } = await import(`../../providers/${id}/cases.ts`);
        return cases as readonly { readonly kind: string; readonly token: string }[];
      }),
    );
    for (const [id, kind] of kinds.filter(([, { canonical }]) => canonical)) {
      const tokens = examples.flat().flatMap(({ kind: of, token }) => (of === kind.id ? [token] : []));
      for (const token of tokens.filter((each) => recognise([kind], each).ok)) {
        const once = tokenIn(kind, token);
        expect([id, tokenIn(kind, once)]).toEqual([id, once]);
      }
    }
  });
});
