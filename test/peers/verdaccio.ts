/** A registry of Verdaccio's, whose tokens are JWTs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/run-folder.ts';
import { answers, startPeer } from './server.ts';

export interface Verdaccio {
  readonly url: string;
  /** @returns the token of a new user */
  signUp(user: string): Promise<string>;
  /** As whom the registry greets it. */
  greets(token: string): Promise<string | undefined>;
}

export async function startVerdaccio(file: string): Promise<Verdaccio> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const cwd = newFolder('verdaccio-');
  const settings = {
    storage: join(cwd, 'storage'),
    auth: { htpasswd: { file: join(cwd, 'htpasswd') } },
    security: { api: { legacy: false, jwt: { sign: { expiresIn: '1h' } } } },
    packages: { '**': { access: '$all', publish: '$authenticated' } },
    // Nothing is asked of anybody else.
    uplinks: {},
    log: { type: 'stdout', level: 'warn' },
  };
  // JSON is YAML.
  writeFileSync(join(cwd, 'config.yaml'), JSON.stringify(settings));
  await startPeer({
    file: process.execPath,
    args: [file, '--config', join(cwd, 'config.yaml'), '--listen', `127.0.0.1:${port}`],
    cwd,
    ready: () => answers(`${url}/-/ping`),
  });
  return {
    url,
    async signUp(name) {
      const response = await fetch(`${url}/-/user/org.couchdb.user:${name}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, password: `password-of-${name}` }),
      });
      const { token } = (await response.json()) as { token?: string };
      if (token === undefined) throw new Error(`Verdaccio gives no token: ${response.status}`);
      return token;
    },
    async greets(token) {
      const response = await fetch(`${url}/-/whoami`, { headers: { authorization: `Bearer ${token}` } });
      return ((await response.json()) as { username?: string }).username;
    },
  };
}
