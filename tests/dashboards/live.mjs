// Asks a Prometheus that scrapes the demo for every query of every dashboard, until each has answered with something. Ends
// with 1, and names the queries, where one is refused or has stayed empty when the time is up.
//
//   node live.mjs DASHBOARDS LANGUAGE PROMETHEUS SECONDS
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, load, queries, until_now } from '../../dashboards/tools/queries.mjs';

const [directory, language, base, seconds] = process.argv.slice(2);
// What is chosen, one after the other: the bridge, whose line is cut; the town hall, whose disk fails; the market, whose
// third camera sends no whole picture.
const CHOICES = [
  { site: 'yen-lenh', camera: 'yl-01' },
  { site: 'ubnd', camera: 'tt-01' },
  { site: 'cho-moc', camera: 'cm-03' },
];

const dashboards = load(directory, language);
const began = Date.now();
const answered = new Set();
let open = new Set(['all']);
let refused = false;
for (let turn = 0; open.size > 0 && !refused && Date.now() - began < seconds * 1000; turn += 1) {
  if (turn > 0) await sleep(1000);
  open = new Set();
  const span = until_now(900);
  for (const dashboard of dashboards) {
    const many = dashboard.model.templating.list.some((one) => one.name === 'commune' && one.multi);
    const values = { job: '.+', instance: '.+', commune: many ? '.*' : 'moc-nam', ...CHOICES[turn % CHOICES.length] };
    for (const query of queries(dashboard, values, span)) {
      const name = `${dashboard.name}: ${query.title}`;
      if (answered.has(name)) continue;
      try {
        if (shows_something(query, await ask(base, query, span))) answered.add(name);
        else open.add(name);
      } catch (error) {
        console.error(`refused: ${name}: ${error.message}\n  ${query.expr}`);
        refused = true;
      }
    }
  }
}
for (const name of open) console.error(`empty: ${name}`);
console.log(`${answered.size} of ${answered.size + open.size} queries answered in ${Math.round((Date.now() - began) / 1000)} s`);
process.exitCode = refused || open.size > 0 ? 1 : 0;

function shows_something(query, result) {
  if (!query.regex) return result.length > 0;
  // As Grafana writes a series for the regular expression of a variable.
  const shown = ({ metric }) => `{${Object.entries(metric).map(([name, value]) => `${name}="${value}"`).join(',')}}`;
  const regex = new RegExp(query.regex.slice(1, -1));
  return result.length > 0 && result.every((one) => regex.exec(shown(one))?.groups.value);
}
