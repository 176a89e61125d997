import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitlab } from '../../providers/gitlab/index.ts';
import { main } from '../../src/cli/main.ts';
import { outputOf } from '../support/child.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const quoted = (text: string) => `'${text}'`;

/** How each shell is asked what it would offer behind these words, the last of which is being typed. */
const ASK: Readonly<Record<string, (words: readonly string[]) => string>> = {
  bash: (words) =>
    `source ./script; COMP_WORDS=(${words.map(quoted).join(' ')}); COMP_CWORD=${words.length - 1}
    _quash; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // Its own completion works in a line editor only; these stand for it.
  zsh: (words) =>
    `compdef() { :; }; compadd() { shift; print -l -- $@ }; _files() { print -l -- * }
    _describe() { print -l -- "\${(@P)2}" | sed 's/:.*//' }
    source ./script; words=(${words.map(quoted).join(' ')}); CURRENT=${words.length}; PREFIX=${quoted(words.at(-1) ?? '')}
    _quash`,
  fish: (words) => `source ./script; complete -C ${quoted(words.join(' '))} | cut -f1`,
};

async function script(shell: string): Promise<{ readonly code: number; readonly out: string }> {
  let out = '';
  const output = { write: (text: string) => (out += text) };
  const stdin = (async function* () {})();
  const io = { stdout: output, stderr: output, stdin, env: {}, cwd: '/', definitions: async () => [gitlab] };
  return { code: await main(['completion', shell], io), out };
}

describe.each(Object.entries(ASK))('completion for %s', (shell, ask) => {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0;

  const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'script'), (await script(shell)).out);
    writeFileSync(join(cwd, 'report.json'), '');
    const flags = shell === 'fish' ? ['--no-config'] : [];
    const env = { PATH: process.env.PATH, HOME: cwd };
    const output = await outputOf(shell, [...flags, '-c', ask(['quash', ...words])], { cwd, env });
    return output.split('\n').filter((line) => line !== '');
  };

  it.skipIf(!isThere)('offers commands, and those below them', async () => {
    expect(await offered('')).toEqual(expect.arrayContaining(['serve', 'keys', 'completion']));
    expect(await offered('')).not.toContain('health');
    expect(await offered('keys', '')).toEqual(['rotate']);
  });

  it.skipIf(!isThere)('offers the options of a command, also behind others', async () => {
    const options = await offered('serve', '--grace', '5', '--');
    expect(options).toEqual(expect.arrayContaining(['--role', '--config', '--help']));
    expect(options).not.toContain('--online');
  });

  it.skipIf(!isThere)('offers values: choices, providers, files', async () => {
    expect(await offered('serve', '--role', '')).toEqual(['all', 'api', 'worker']);
    expect(await offered('mode', '')).toEqual(expect.arrayContaining(['hold', 'as-configured']));
    expect(await offered('pause', '')).toEqual(['gitlab']);
    expect(await offered('mode', 'hold', '--provider', '')).toEqual(['gitlab']);
    for (const words of [
      ['submit', 'rep'],
      ['--config', 'rep'],
    ])
      expect((await offered(...words)).some((word) => word.endsWith('report.json'))).toBe(true);
    expect(await offered('show', '--url', '')).toEqual([]);
  });
});

it('knows three shells', async () => {
  const { code, out } = await script('tcsh');
  expect([code, out]).toEqual([2, expect.stringContaining('Allowed choices are bash, zsh, fish')]);
});
