/** The keys of addresses and of what is listened on. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const PATH = /^(\/[\w.~-]+)*\/?$/;

/** What is listened on. */
export function host(byDefault: string) {
  return z
    .string()
    .refine(isHost, 'expected a host name or an address, without port and brackets')
    .default(byDefault);
}

/** Digits alone in its last part would make it an address that is wrong. */
function isHost(text: string): boolean {
  return isIP(text) !== 0 || /^(?:[a-z0-9_-]+\.)*(?!\d+$)[a-z0-9_-]+$/i.test(text);
}

/** Of hosts that are called. */
export function isHostOrRange(text: string): boolean {
  const literal = text.replace(/^\[(.+)\]$/, '$1');
  return isIP(literal) !== 0 || ipaddr.isValidCIDR(text) || isHost(text);
}

export function isNoProxyEntry(text: string): boolean {
  const bare = text.replace(/:\d+$/, '').replace(/^\*?\./, '');
  return text === '*' || isHostOrRange(text) || isHostOrRange(bare);
}

export function port(byDefault: number) {
  return z.int().min(0).max(65_535).default(byDefault);
}

export function httpUrl() {
  return z.url({ protocol: /^https?$/, error: 'expected a URL that starts with https:// or http://' });
}

export function basePath() {
  return z
    .string()
    .regex(PATH, 'expected nothing, or a path such as /revocation_service')
    .transform((path) => path.replace(/\/$/, ''));
}

/** @param clients who needs a certificate, in words */
export function serverTls(clients: string) {
  const pemFile = () => z.string().min(1);
  return z
    .strictObject({
      certFile: pemFile().describe('Certificate with its chain, in PEM.'),
      keyFile: pemFile().describe('Its private key, in PEM.'),
      clientCaFile: pemFile()
        .optional()
        .describe(`Authorities of client certificates, which ${clients} then.`),
    })
    .optional()
    .describe('HTTPS on this port; files that change are read again.');
}

interface AdminPaths {
  readonly basePath?: string | undefined;
  readonly publicUrl?: string | undefined;
}

/** The path of the public address is the base path, as every link in a notice leads below it. */
export function withBasePath<Admin extends AdminPaths>(
  admin: Admin,
  { issues }: z.RefinementCtx,
): Admin & { readonly basePath: string } {
  const { publicUrl } = admin;
  const ofUrl = publicUrl && new URL(publicUrl).pathname.replace(/\/+$/, '');
  const { basePath = ofUrl ?? '' } = admin;
  const refuse = (key: keyof AdminPaths, message: string) =>
    issues.push({ code: 'custom', path: [key], message, input: undefined });
  if (!PATH.test(basePath)) refuse('publicUrl', 'expected letters, digits, -, _, . and ~ in its path');
  else if (ofUrl !== undefined && basePath !== ofUrl)
    refuse('basePath', 'expected the path of admin.publicUrl');
  return { ...admin, basePath };
}
