/** `npm run test:leaks`: the long hunt, which `npm test` leaves out. */
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/leaks/**/*.leaks.ts'], hookTimeout: 60_000 } });
