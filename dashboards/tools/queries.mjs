// The queries of a dashboard with their variables filled in, and how to ask a Prometheus for them: for the tests, the
// benchmark and the preview. Node's standard library alone.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const NAMES = ['fleet', 'commune', 'site', 'camera', 'retention', 'monitor'];

export function load(directory, language) {
  const there = readdirSync(join(directory, language)).sort();
  const wanted = NAMES.map((name) => `${name}.json`).sort();
  if (there.join() !== wanted.join()) throw new Error(`${language}/ holds ${there}, not ${wanted}`);
  return NAMES.map((name) => ({ name, model: JSON.parse(readFileSync(join(directory, language, `${name}.json`))) }));
}

// What Grafana makes of `$name`, `${name}`, `${name:raw}` and its own intervals. An unknown variable is a fault.
export function fill(text, values, span) {
  const own = { __rate_interval: '1m', __interval: `${span.step}s`, __range: `${span.seconds}s`, __range_s: `${span.seconds}` };
  return text.replace(/\$(?:\{(\w+)(?::\w+)?\}|([a-z_]\w*))/g, (whole, braced, plain) => {
    const value = { ...own, ...values }[braced ?? plain];
    if (value === undefined) throw new Error(`${whole} in ${text} is no variable`);
    return value;
  });
}

// Every query: { dashboard, panel, title, kind: range | instant | variable | annotation, expr }.
export function queries(dashboard, values, span) {
  const { name, model } = dashboard;
  const found = [];
  const add = (title, kind, expr, more = {}) =>
    found.push({ dashboard: name, title, kind, expr: fill(expr, values, span), raw: expr, ...more });
  for (const variable of model.templating.list.filter((one) => one.type === 'query')) {
    add(`$${variable.name}`, 'variable', variable.query.query, { regex: variable.regex });
  }
  for (const annotation of model.annotations.list) add(annotation.name, 'annotation', annotation.expr);
  for (const panel of model.panels) {
    for (const target of panel.targets ?? []) {
      add(`${panel.title} ${target.refId}`, target.range ? 'range' : 'instant', target.expr, {
        panel: panel.id, target,
      });
    }
  }
  return found;
}

async function get(base, path, parameters) {
  const answer = await fetch(`${base}${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  const body = await answer.json();
  if (body.status !== 'success') throw new Error(body.error);
  return body;
}

// The result of one query: [{ metric, value | values }], for a variable [{ metric, value }] or [{ value }].
export async function ask(base, query, span) {
  const { expr, kind } = query;
  if (kind === 'variable') {
    const labels = /^label_values\((.*),\s*(\w+)\)$/s.exec(expr);
    const inner = labels ? `group by (${labels[2]}) (${labels[1]})` : /^query_result\((.*)\)$/s.exec(expr)?.[1];
    if (!inner) throw new Error(`${expr} is neither label_values nor query_result`);
    return (await get(base, '/api/v1/query', { query: inner, time: span.end })).data.result;
  }
  if (kind === 'instant') return (await get(base, '/api/v1/query', { query: expr, time: span.end })).data.result;
  const step = kind === 'annotation' ? Math.min(60, span.step) : span.step;
  const start = Math.floor((span.end - span.seconds) / step) * step;
  return (await get(base, '/api/v1/query_range', { query: expr, start, end: Math.ceil(span.end / step) * step, step })).data.result;
}

// A time that ends now: seconds of it, and the step that a panel of some 800 pixels asks for.
export function until_now(seconds) {
  return { seconds, end: Date.now() / 1000, step: Math.max(1, Math.ceil(seconds / 800)) };
}
