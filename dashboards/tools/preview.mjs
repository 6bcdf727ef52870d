// Draws every dashboard from the answers of a Prometheus, without Grafana: one page and one picture each.
//
//   node preview.mjs PROMETHEUS DIRECTORY [LANGUAGE [MINUTES [VARIABLE=VALUE ...]]]
//
// The pictures are made by Chromium, where it is installed. Of each variable that is not given the first value is taken.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, load, queries, until_now } from './queries.mjs';

const [base, directory, language = 'vi', minutes = '60', ...chosen] = process.argv.slice(2);
if (!directory) throw new Error('usage: node preview.mjs PROMETHEUS DIRECTORY [LANGUAGE [MINUTES [VARIABLE=VALUE ...]]]');
const here = dirname(fileURLToPath(import.meta.url));
const given = Object.fromEntries(chosen.map((one) => one.split('=')));
const span = until_now(Number(minutes) * 60);
mkdirSync(directory, { recursive: true });

const page = readFileSync(join(here, 'preview.html'), 'utf8');
for (const dashboard of load(join(here, '..'), language)) {
  const values = await choose(dashboard.model);
  const asked = queries(dashboard, values, span).filter((query) => query.panel);
  const answers = await Promise.all(asked.map((query) => ask(base, query, span)));
  const results = {};
  asked.forEach((query, n) => (results[query.panel] ??= []).push(answers[n]));
  const data = JSON.stringify({ model: dashboard.model, results, span }).replaceAll('<', '\\u003c');
  const file = join(directory, `${dashboard.name}.html`);
  writeFileSync(file, page.replace('DATA', () => data));
  const height = 60 + 38 * Math.max(...dashboard.model.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  try {
    execFileSync('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', `--window-size=1600,${height}`,
      `--screenshot=${file.replace('.html', '.png')}`, `file://${file}`], { stdio: 'ignore', timeout: 60_000 });
  } catch (error) {
    console.error(`no picture of ${file}: ${error.message}`);
  }
  console.log(file);
}

// As Grafana does on opening: variables in their order, each by those before it.
async function choose(model) {
  const values = {};
  for (const variable of model.templating.list) {
    const { name, type } = variable;
    if (type === 'constant') values[name] = variable.query;
    else if (name in given && !variable.multi) values[name] = given[name];
    else if (variable.multi) values[name] = variable.allValue;
    else if (type === 'query') {
      const [one] = queries({ name: '', model: { ...model, templating: { list: [variable] }, annotations: { list: [] }, panels: [] } }, values, span);
      const found = (await ask(base, one, span)).map(({ metric }) => metric[name]).sort();
      if (found.length === 0) throw new Error(`$${name} has no values: does ${base} scrape camwatch?`);
      values[name] = found[0];
    }
  }
  return values;
}
