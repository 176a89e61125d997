/** Calls that a command makes to a GitLab which the operator names. */
import { readFile } from 'node:fs/promises';
import { Failure } from '../provider/failure.ts';
import type { Upstream } from '../provider/upstream.ts';
import type { Secret } from '../words/secret.ts';
import { CommandError, type Io } from './io.ts';
import type { Setup } from './setup.ts';

export const TIMEOUT_MS = 30_000;

/**
 * Gives a client for the time of some work.
 * @throws {CommandError} which says of GitLab what a failure says of a provider
 */
export async function withGitlab<T>(
  gitlabUrl: string,
  { setup, io }: { readonly setup: Setup; readonly io: Io },
  work: (gitlab: Upstream) => Promise<T>,
): Promise<T> {
  const { readCa } = await import('./setup.ts');
  const { createUpstreamFactory } = await import('../upstream/client.ts');
  const { systemClock } = await import('../words/clock.ts');
  const { envProxy } = await import('./env-proxy.ts');
  const { proxy, noProxy, allowPrivate } = setup.config.upstream;
  const upstream = createUpstreamFactory({
    timeoutMs: TIMEOUT_MS,
    ...{ proxy: proxy ?? envProxy(gitlabUrl, io.env), noProxy },
    // The operator names GitLab on the command line, wherever it is.
    allowPrivate: [...allowPrivate, hostOf(gitlabUrl)],
    clock: systemClock,
    ...readCa(setup, io.cwd),
  });
  try {
    return await work(upstream.for('gitlab-settings', gitlabUrl));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const sentence = error.message.replaceAll(/\bthe provider\b/gi, 'GitLab');
    throw new CommandError(`${new URL(gitlabUrl).origin}: ${sentence}`, { cause: error });
  } finally {
    await upstream.close();
  }
}

/** The first line of a file that can be seen. @throws {CommandError} */
export async function readSecret(path: string): Promise<Secret> {
  const { systemCode } = await import('../config/faults.ts');
  const { Secret } = await import('../words/secret.ts');
  const { invisibleFault, secretLines } = await import('../words/invisible.ts');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(`${path} cannot be read (${systemCode(error)}).`, { cause: error });
  });
  const [line] = secretLines(text);
  if (line === undefined) throw new CommandError(`${path} is empty.`);
  const fault = invisibleFault(line);
  if (fault !== undefined) throw new CommandError(`${path} ${fault}.`);
  return new Secret(line);
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^\s'"]+$/.test(text) && URL.canParse(text);
}

/** Without the brackets of an IPv6 address. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
