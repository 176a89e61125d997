import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import { presentable } from '../../src/config/presentable.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const OWNER = { type: 'owner', host: 'smtp.example.com', from: 'quash@example.com' };
const SLACK = { type: 'slack', url: 'https://hooks.example/services/T/B/hidden' };

function load(notify: unknown, files: Readonly<Record<string, string>> = {}) {
  const cwd = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  return loadConfig({ env: { QUASH_NOTIFY: JSON.stringify(notify) }, cwd, definitions: [] }).config;
}

function faultsOf(notify: unknown): readonly string[] {
  try {
    load(notify);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ path, message }) => `${path}: ${message}`);
  }
}

describe('notify', () => {
  it('tells by default of all that needs a person, and that a lane works again', () => {
    expect(load([SLACK]).notify[0]?.events).toEqual(
      expect.arrayContaining([
        'attention',
        'held',
        'lane-paused',
        'lane-parked',
        'lane-resumed',
        'wrong-record',
        'alive-again',
      ]),
    );
  });

  it('reads secrets from files and shows none', () => {
    const { notify } = load(
      [
        { type: 'slack', urlFile: 'slack-url' },
        { type: 'webhook', url: 'https://siem.example/hidden', secretFile: 'key' },
      ],
      { 'slack-url': `${SLACK.url}\n`, key: 'the hidden key of a webhook\n' },
    );

    expect(presentable(notify)).toMatchObject([
      { type: 'slack', url: '(set)' },
      { type: 'webhook', url: '(set)', secret: '(set)' },
    ]);
    expect(JSON.stringify(notify)).not.toContain('hidden');
  });

  it('signs with a key of several lines, which is no credential that a header carries', () => {
    const key = `${'k3y9Qua+'.repeat(8)}\n${'sh/Etc02'.repeat(3)}`;
    const [channel] = load([{ type: 'webhook', url: 'https://siem.example/hidden', secretFile: 'key' }], {
      key,
    }).notify;
    expect(channel?.type === 'webhook' && channel.secret?.reveal()).toBe(key);
  });

  it.each([
    [[{ type: 'mail' }], 'notify[0].type: expected one of webhook, slack, email, owner'],
    [
      [{ type: 'slack', url: 'ftp://x' }],
      'notify[0].url: expected a URL that starts with https:// or http://',
    ],
    [
      [{ type: 'slack', url: 'https://user:pass@hooks.example/' }],
      'notify[0].url: expected a URL without credentials or a fragment',
    ],
    [[{ ...SLACK, events: ['attentoin'] }], /^notify\[0\]\.events\[0\]: expected one of wrong-record, /],
    [[{ ...SLACK, secret: 'x' }], /^notify\[0\]\.secret: unknown key/],
    [
      [{ type: 'email', host: 'h', from: 'Quash <q@example.com>', to: ['a@example.com'] }],
      'notify[0].from: expected an e-mail address',
    ],
    [[OWNER], 'notify[0].domains: missing; expected a list'],
    [[{ ...OWNER, domains: [] }], /^notify\[0\]\.domains: /],
    [[{ ...OWNER, domains: ['*'] }], 'notify[0].domains[0]: expected a domain, e.g. example.com'],
    [
      [{ ...OWNER, domains: ['example.com'], events: ['lane-paused'] }],
      /^notify\[0\]\.events\[0\]: expected /,
    ],
    [[SLACK, { ...SLACK, name: 'slack-1' }], 'notify: expected a different name for each'],
  ])('is refused with %j', (notify, expected) => {
    const [fault] = faultsOf(notify);

    if (typeof expected === 'string') expect(fault).toBe(expected);
    else expect(fault).toMatch(expected);
  });
});
