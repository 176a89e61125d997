import { networkInterfaces } from 'node:os';

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);

/** Why tests on `::1` cannot run here; undefined where they can. */
export const ipv6Missing: string | undefined = addresses.some(({ address }) => address === '::1')
  ? undefined
  : 'this machine has no IPv6 address ::1';
