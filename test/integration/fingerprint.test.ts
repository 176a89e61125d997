import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { main } from '../../src/cli/main.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createKeys } from '../../src/vault/keys.ts';
import { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const TYPE = 'gitleaks_rule_id_gitlab_personal_access_token';
const PAT = ['gl', 'pat-', 'A1b2'.repeat(5)].join('');

async function fingerprint(cwd: string, stdin: string | Buffer, type = TYPE) {
  let out = '';
  let err = '';
  const code = await main(['fingerprint', '--type', type], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {
      yield typeof stdin === 'string' ? Buffer.from(stdin) : stdin;
    })(),
    env: {},
    cwd,
    definitions: async () => definitions,
  });
  return { code, out, err };
}

describe('quash fingerprint', () => {
  it('prints the id of the entry of a token, and of a text that is none', async () => {
    const cwd = temporaryFolder();
    const vault = new Vault(await createKeys(join(cwd, 'data', 'keys.json')));

    for (const [stdin, text] of [
      [`"${PAT}",\n`, PAT],
      ['changeme\n', 'changeme'],
    ] as const) {
      const ran = await fingerprint(cwd, stdin);

      expect(ran).toEqual({ code: 0, out: `${vault.fingerprint('gitlab', new Secret(text))}\n`, err: '' });
      expect(() => loadConfig({ ...rule({ fingerprint: ran.out.trim() }), cwd })).not.toThrow();
    }
  });

  it('prints the same of a token in the UTF-16 of PowerShell', async () => {
    const cwd = temporaryFolder();
    const vault = new Vault(await createKeys(join(cwd, 'data', 'keys.json')));
    const expected = `${vault.fingerprint('gitlab', new Secret(PAT))}\n`;

    for (const mark of ['', '\ufeff']) {
      const { out } = await fingerprint(cwd, Buffer.from(`${mark}${PAT}\r\n`, 'utf16le'));
      expect(out).toBe(expected);
    }
  });

  it('says what is missing', async () => {
    const cwd = temporaryFolder();

    expect(await fingerprint(cwd, PAT)).toMatchObject({ code: 1, err: expect.stringContaining('keys.json') });
    expect(await fingerprint(cwd, PAT, 'nobody')).toMatchObject({ code: 1, out: '' });
    expect(await fingerprint(cwd, ' \n')).toMatchObject({ code: 1, out: '' });
  });
});

describe('a rule of what is ignored', () => {
  it.each([
    [{ fingerprint: 'abc' }, 'ignore[0].fingerprint'],
    [{}, 'ignore[0]'],
    [{ type: 'x', reason: '' }, 'ignore[0].reason'],
    [{ type: 'x', path: 'y' }, 'ignore[0]'],
  ])('is refused at the start where it is wrong: %j', (wrong, path) => {
    expect(() => loadConfig({ ...rule(wrong), cwd: temporaryFolder() })).toThrow(path);
  });
});

function rule(keys: object) {
  return { env: { QUASH_IGNORE: JSON.stringify([{ reason: 'A decoy.', ...keys }]) }, definitions };
}
