// Asks for the types as GitLab does. Arguments: the address, and the file with GitLab's token.
import { readFileSync } from 'node:fs';

const [, url, tokenFile] = process.argv;
const token = readFileSync(tokenFile, 'utf8')
  .split(/\r?\n/)
  .find((line) => line.trim() !== '');
const answer = await fetch(url, {
  headers: { authorization: token },
  redirect: 'error',
  signal: AbortSignal.timeout(20_000),
});
const types = answer.ok ? (await answer.json()).types : [];
if (types.length === 0) {
  console.error(`${url} answered ${answer.status}; expected 200 with at least one type.`);
  process.exit(1);
}
console.log(`${url} advertises ${types.length} types.`);
