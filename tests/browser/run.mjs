// Runs one of the scripts beside this one, for a test in Rust or by hand:
//
//   node tests/browser/run.mjs look '{"base":"http://127.0.0.1:9765","paths":["/"],"pictures":"target/screenshots"}'
//
// A script is a function of what it is given and of `world`, by which it asks the test to change something (a line on
// standard output, and a line back). It ends with 0 and prints what it returns as JSON, or with 1 and says why.

import { createInterface } from 'node:readline';
import { withBrowser } from './chrome.mjs';

const [name, given = '{}'] = process.argv.slice(2);
const script = (await import(`./${name}.mjs`)).default;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const world = {
  async ask(what) {
    console.log(JSON.stringify({ ask: what }));
    const { value, done } = await lines.next();
    if (done) throw new Error(`nobody answers to: ${what}`);
    return value;
  },
};
try {
  const result = await withBrowser((browser) => script(browser, JSON.parse(given), world));
  console.log(JSON.stringify({ result: result ?? null }));
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exit(1);
}
