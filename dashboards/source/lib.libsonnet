// What all dashboards are made of: panels, tables, variables, links and their layout, in one language.
//
// Grafana's classic model, as a file for provisioning has it: id null, a stable uid, nothing editable. schemaVersion 39 is
// what Grafana 10.4 and newer load; it is migrated upwards, never down.
local words = import 'words.libsonnet';
local korean = import 'ko.libsonnet';

function(lang, status_url) {
  local lib = self,
  // Vietnamese is what camwatch speaks unless told otherwise: its dashboards have the plain uids.
  local suffix = if lang == 'vi' then '' else '-' + lang,

  // A text: Vietnamese and English stand where they are used, Korean in a list by the English.
  t(vi, en)::
    if lang == 'vi' then vi
    else if lang == 'en' then en
    else if std.objectHas(korean, en) then korean[en]
    else error 'ko.libsonnet has no word for: ' + en,

  uid(name):: 'camwatch-' + name + suffix,

  // ---- Words for codes

  local value_map(options) = [{ type: 'value', options: options }],
  state_mappings:: value_map({
    [std.toString(s.code)]: { text: s[lang], color: s.color, index: s.code }
    for s in words.state
  }),
  local words_of(table) = value_map({ [key]: { text: table[key][lang] } for key in std.objectFields(table) }),
  cause_mappings:: words_of(words.cause),
  fund_kind_mappings:: words_of(words.fund_kind),
  yes_no:: value_map({
    'true': { text: lib.t('có', 'yes'), index: 0 },
    'false': { text: lib.t('không', 'no'), index: 1 },
  }),
  // What a number means, in words: [[value, text, colour], ...].
  means(pairs):: value_map({
    [std.toString(pairs[i][0])]: { text: pairs[i][1], color: pairs[i][2], index: i }
    for i in std.range(0, std.length(pairs) - 1)
  }),
  none_is_well:: lib.means([[0, lib.t('0 · không có', '0 · none'), 'green']]),
  // Series that are named by a state get its word and colour.
  state_overrides:: [
    lib.override(s.key, { displayName: s[lang], color: { mode: 'fixed', fixedColor: s.color } })
    for s in words.state
  ],
  cause_overrides:: [lib.override(key, { displayName: words.cause[key][lang] }) for key in std.objectFields(words.cause)],

  // ---- Data source, queries

  datasource:: { type: 'prometheus', uid: '${datasource}' },
  local query = { datasource: lib.datasource, editorMode: 'code' },
  // Over the time of the dashboard.
  range(expr, legend='__auto'):: query { expr: expr, legendFormat: legend, range: true, instant: false, format: 'time_series' },
  // As it is at the end of it.
  now(expr, legend='__auto'):: query { expr: expr, legendFormat: legend, range: false, instant: true, format: 'time_series' },
  // The same as rows of a table.
  rows(expr):: query { expr: expr, legendFormat: '__auto', range: false, instant: true, format: 'table' },
  local with_ids(targets) = [targets[i] { refId: std.char(65 + i) } for i in std.range(0, std.length(targets) - 1)],

  // ---- Parts of panels

  // [[from, colour], ...], the first from null.
  steps(pairs):: { mode: 'absolute', steps: [{ value: p[0], color: p[1] } for p in pairs] },
  red_from(n):: lib.steps([[null, 'green'], [n, 'red']]),
  orange_from(n):: lib.steps([[null, 'green'], [n, 'orange']]),
  red_under(n):: lib.steps([[null, 'red'], [n, 'green']]),
  // What is certain: the least that an uptime was may be good, the most that it was may be bad.
  certainly_good:: lib.steps([[null, 'transparent'], [0.98, 'green']]),
  certainly_bad:: lib.steps([[null, 'red'], [0.95, 'orange'], [0.98, 'transparent']]),
  coverage_steps:: lib.steps([[null, 'orange'], [0.95, 'green']]),
  plain_steps:: lib.steps([[null, 'transparent']]),

  // ---- Uptime, as reports print it: floored to two decimals, so that 100 % stands only where nothing was dark; and where
  // less than 95 % of the time was observed a range, from what is certain to what is possible. `level` is what the series
  // are of (camera, site, commune, fund), `selector` their matchers, `by` the labels that stay.
  uptime(level, selector, by)::
    local uptime = 'max by (%s) (camwatch_%s_uptime_ratio{%s})' % [by, level, selector];
    local coverage = 'max by (%s) (camwatch_%s_coverage_ratio{%s})' % [by, level, selector];
    // The last term: 57 % as a binary fraction lies a hair below itself.
    local floored(expr) = 'floor(10000 * (%s) + 0.000001) / 10000' % expr;
    local enough = '(%s and on (%s) %s >= 0.95)' % [uptime, by, coverage];
    {
      least: floored('%s or %s * on (%s) %s' % [enough, uptime, by, coverage]),
      most: floored('%s or 1 - %s * on (%s) (1 - %s)' % [enough, coverage, by, uptime]),
      coverage: coverage,
    },
  // The three numbers of one group, side by side.
  uptime_stat(title, description, level, selector, by)::
    local u = lib.uptime(level, selector, by);
    local most = lib.t('nhiều nhất', 'at most');
    local coverage = lib.t('độ phủ', 'coverage');
    lib.stat(
      title,
      description,
      [lib.now(u.least, lib.t('ít nhất', 'at least')), lib.now(u.most, most), lib.now(u.coverage, coverage)],
      unit='percentunit',
      names=true,
      defaults={ decimals: 2 },
      thresholds=lib.certainly_good,
      overrides=[
        lib.override(most, { thresholds: lib.certainly_bad }),
        lib.override(coverage, { thresholds: lib.coverage_steps }),
      ],
    ),
  // The same as columns of a table; `names` are the letters of the three queries.
  uptime_columns(names, days):: [
    { name: names[0], title: lib.t('Hoạt động %d ngày, ít nhất', 'Uptime of %d days, at least') % days, unit: 'percentunit', decimals: 2, thresholds: lib.certainly_good },
    { name: names[1], title: lib.t('nhiều nhất', 'at most'), unit: 'percentunit', decimals: 2, thresholds: lib.certainly_bad },
    { name: names[2], title: lib.t('Độ phủ dữ liệu', 'Coverage'), unit: 'percentunit', decimals: 2, thresholds: lib.coverage_steps },
  ],
  uptime_note:: lib.t(
    'Quan sát được dưới 95 % thời gian thì là khoảng, từ phần chắc chắn đến phần có thể.',
    'Where less than 95 % of the time was observed it is a range, from what is certain to what is possible.',
  ),
  // How much of what is required recordings reach back.
  held_steps:: lib.steps([[null, 'red'], [0.5, 'orange'], [0.96, 'green']]),

  override(field, properties):: {
    matcher: { id: 'byName', options: field },
    properties: [{ id: key, value: properties[key] } for key in std.objectFields(properties)],
  },

  local panel(type, title, description, targets, unit, more) = {
    type: type,
    title: title,
    description: description,
    datasource: lib.datasource,
    pluginVersion: '11.0.0',
    targets: with_ids(targets),
    fieldConfig: {
      defaults: {
        unit: unit,
        color: { mode: 'thresholds' },
        thresholds: lib.plain_steps,
        mappings: [],
      } + std.get(more, 'defaults', {}),
      overrides: std.get(more, 'overrides', []),
    },
    options: more.options,
    transformations: std.get(more, 'transformations', []),
    links: std.get(more, 'links', []),
  } + (if std.objectHas(more, 'interval') then { interval: more.interval } else {}),

  local reduce = { calcs: ['lastNotNull'], fields: '', values: false },

  // One number, or some, each with its name.
  stat(title, description, targets, unit='none', thresholds=lib.plain_steps, mappings=[], links=[], names=false, defaults={}, overrides=[])::
    panel('stat', title, description, if std.isArray(targets) then targets else [targets], unit, {
      defaults: { thresholds: thresholds, mappings: mappings } + defaults,
      overrides: overrides,
      links: links,
      options: {
        colorMode: 'background',
        graphMode: 'none',
        justifyMode: 'center',
        orientation: 'auto',
        percentChangeColorMode: 'standard',
        reduceOptions: reduce,
        showPercentChange: false,
        textMode: if names then 'value_and_name' else 'auto',
        wideLayout: true,
      },
    }),

  // Numbers side by side, the worst first by the query.
  bars(title, description, targets, unit='none', thresholds=lib.plain_steps, mappings=[], overrides=[], links=[], defaults={})::
    panel('bargauge', title, description, if std.isArray(targets) then targets else [targets], unit, {
      defaults: { thresholds: thresholds, mappings: mappings, min: 0 } + defaults,
      overrides: overrides,
      links: links,
      options: {
        displayMode: 'basic',
        legend: { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: false },
        maxVizHeight: 300,
        minVizHeight: 16,
        minVizWidth: 8,
        namePlacement: 'left',
        orientation: 'horizontal',
        reduceOptions: reduce,
        showUnfilled: true,
        sizing: 'auto',
        valueMode: 'color',
      },
    }),

  local legend = { calcs: [], displayMode: 'list', placement: 'bottom', showLegend: true },
  local tooltip = { mode: 'multi', sort: 'desc' },

  // What went on over time.
  lines(title, description, targets, unit, stacked=false, defaults={}, overrides=[], links=[])::
    panel('timeseries', title, description, if std.isArray(targets) then targets else [targets], unit, {
      defaults: {
        color: { mode: 'palette-classic' },
        min: 0,
        custom: {
          drawStyle: 'line',
          lineInterpolation: 'stepAfter',
          lineWidth: if stacked then 0 else 1,
          fillOpacity: if stacked then 70 else 8,
          showPoints: 'never',
          spanNulls: false,
          axisPlacement: 'auto',
          axisLabel: '',
          scaleDistribution: { type: 'linear' },
          stacking: { mode: if stacked then 'normal' else 'none', group: 'A' },
          thresholdsStyle: { mode: 'off' },
        },
      } + defaults,
      overrides: overrides,
      links: links,
      options: { legend: legend, tooltip: tooltip },
    }),

  // One line of coloured time for each series, its words inside.
  timeline(title, description, target, mappings, thresholds=lib.plain_steps, unit='none', overrides=[], data_links=[])::
    panel('state-timeline', title, description, [target], unit, {
      defaults: {
        thresholds: thresholds,
        mappings: mappings,
        links: data_links,
        custom: { fillOpacity: 80, lineWidth: 0 },
      },
      overrides: overrides,
      options: {
        alignValue: 'left',
        mergeValues: true,
        perPage: 20,
        rowHeight: 0.85,
        showValue: 'auto',
        legend: legend,
        tooltip: { mode: 'single', sort: 'none' },
      },
    }),

  // Rows of several instant queries, joined by what labels they have in common.
  // Fields in the order of their columns: { name, title, unit, mappings, thresholds, links, width, bar }. Numbers are the
  // fields 'A', 'B', ... of the queries. Labels that are not named are left out.
  table(title, description, exprs, fields, sort, descending=true, hidden=[], links=[])::
    local several = std.length(exprs) > 1;
    local field_name(f) = if std.length(f.name) == 1 then (if several then 'Value #' + f.name else 'Value') else f.name;
    local properties(f) =
      { displayName: f.title }
      + (if std.objectHas(f, 'unit') then { unit: f.unit } else {})
      + (if std.objectHas(f, 'decimals') then { decimals: f.decimals } else {})
      + (if std.objectHas(f, 'mappings') then { mappings: f.mappings } else {})
      + (if std.objectHas(f, 'thresholds') then { thresholds: f.thresholds } else {})
      + (if std.objectHas(f, 'mappings') && std.length(f.name) == 1 || std.objectHas(f, 'thresholds')
         then { 'custom.cellOptions': { type: 'color-background', mode: 'basic' } } else {})
      + (if std.objectHas(f, 'links') then { links: f.links } else {})
      + (if std.objectHas(f, 'width') then { 'custom.width': f.width } else {});
    panel('table', title, description, [lib.rows(expr) for expr in exprs], 'none', {
      defaults: { custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: true, inspect: false } },
      // A column that is not shown is still a field: links take their values from it.
      overrides: [lib.override(field_name(f), properties(f)) for f in fields] + [
        lib.override(name, { 'custom.hidden': true, 'custom.hideFrom': { viz: true, legend: true, tooltip: true } })
        for name in hidden
      ],
      links: links,
      options: {
        cellHeight: 'sm',
        frameIndex: 0,
        showHeader: true,
        enablePagination: true,
        sortBy: [{ displayName: sort, desc: descending }],
      },
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true },
            includeByName: {},
            indexByName: { [field_name(fields[i])]: i for i in std.range(0, std.length(fields) - 1) },
            renameByName: {},
          },
        },
      ],
    }),

  // Sites where they are: the queries give degrees north, degrees east and the number that colours them. No tiles are
  // fetched from anywhere: the base map is an empty picture until an operator names a server of tiles.
  map(title, description, exprs, fields, thresholds, mappings, links=[])::
    panel('geomap', title, description, [lib.rows(expr) for expr in exprs], 'none', {
      defaults: { thresholds: thresholds },
      overrides: [
        lib.override(
          if std.length(f.name) == 1 then 'Value #' + f.name else f.name,
          { displayName: f.title }
          + (if std.objectHas(f, 'links') then { links: f.links } else {})
          + (if std.objectHas(f, 'coloured') then { mappings: mappings, thresholds: thresholds } else {})
          + (if std.objectHas(f, 'decimals') then { decimals: f.decimals } else {})
        )
        for f in fields
      ],
      links: links,
      transformations: [{ id: 'merge', options: {} }],
      options: {
        basemap: {
          type: 'xyz',
          name: 'empty',
          config: {
            url: 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
            attribution: '',
          },
        },
        controls: { mouseWheelZoom: false, showAttribution: false, showDebug: false, showMeasure: false, showScale: true, showZoom: true },
        layers: [{
          type: 'markers',
          name: lib.t('Điểm lắp đặt', 'Sites'),
          location: { mode: 'coords', latitude: 'Value #A', longitude: 'Value #B' },
          tooltip: true,
          config: {
            showLegend: true,
            style: {
              color: { field: 'Value #C', fixed: 'green' },
              opacity: 0.9,
              size: { fixed: 9, min: 6, max: 18 },
              symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' },
              symbolAlign: { horizontal: 'center', vertical: 'center' },
              text: { mode: 'field', field: 'Value #C', fixed: '' },
              textConfig: { fontSize: 13, offsetX: 0, offsetY: -16, textAlign: 'center', textBaseline: 'middle' },
              rotation: { fixed: 0, max: 360, min: -360, mode: 'mod' },
            },
          },
        }],
        tooltip: { mode: 'details' },
        view: { id: 'fit', lat: 0, lon: 0, zoom: 14, maxZoom: 16, padding: 12, allLayers: true },
      },
    }),

  // ---- Links: down to the next level, and to the status page. They keep data source, job and time.

  local kept = '${datasource:queryparam}&${job:queryparam}&${__url_time_range}',
  to_commune:: {
    title: lib.t('Mở xã', 'Open the commune'),
    url: '/d/' + lib.uid('commune') + '?' + kept + '&var-commune=${__data.fields.commune}',
  },
  to_site:: {
    title: lib.t('Mở điểm lắp đặt', 'Open the site'),
    url: '/d/' + lib.uid('site') + '?' + kept + '&var-commune=${__data.fields.commune}&var-site=${__data.fields.site}',
  },
  to_camera:: {
    title: lib.t('Mở camera', 'Open the camera'),
    url: '/d/' + lib.uid('camera') + '?' + kept
         + '&var-commune=${__data.fields.commune}&var-site=${__data.fields.site}&var-camera=${__data.fields.camera}',
  },
  status_site:: {
    title: lib.t('Trang trạng thái của điểm', 'Status page of the site'),
    url: '${status_url:raw}/sites/${__data.fields.site}',
    targetBlank: true,
  },
  status_camera:: {
    title: lib.t('Trang trạng thái của camera', 'Status page of the camera'),
    url: '${status_url:raw}/cameras/${__data.fields.camera}',
    targetBlank: true,
  },
  // From a whole panel, which has no row.
  panel_link(title, url, blank=false):: {
    title: title, url: url, type: 'link', targetBlank: blank, asDropdown: false, icon: 'external link', includeVars: false,
    keepTime: false, tags: [], tooltip: '',
  },
  open(title, name, values=''):: lib.panel_link(title, '/d/' + lib.uid(name) + '?' + kept + values),

  // ---- Variables

  local variable(name, label, more) = { name: name, label: label, hide: 0, skipUrlSync: false } + more,
  local query_variable(name, label, expr, more={}) = variable(name, label, {
    type: 'query',
    datasource: lib.datasource,
    query: { query: expr, qryType: if std.startsWith(expr, 'label_values') then 1 else 3, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    regex: '',
    sort: 5,
    multi: false,
    includeAll: false,
    options: [],
    current: {},
  } + more),
  // All of them unless some are chosen.
  local many(all) = { multi: true, includeAll: true, allValue: all, current: { selected: true, text: ['All'], value: ['$__all'] } },

  variables:: {
    datasource: variable('datasource', 'Data source', {
      type: 'datasource', query: 'prometheus', regex: '', refresh: 1, multi: false, includeAll: false, options: [], current: {},
    }),
    job: query_variable('job', 'Job', 'label_values(camwatch_build_info, job)', many('.+')),
    instance: query_variable('instance', 'Instance', 'label_values(camwatch_build_info{job=~"$job"}, instance)', many('.+')),
    // Chosen by its name, kept by its id.
    local communes = 'query_result(max by (commune, name) (camwatch_commune_info{job=~"$job"}))',
    local by_name(id) = '/%s="(?<value>[^"]+)"(?:.*name="(?<text>[^"]*)")?/' % id,
    communes: query_variable('commune', lib.t('Xã, phường', 'Commune'), communes, many('.*') + { regex: by_name('commune') }),
    commune: query_variable('commune', lib.t('Xã, phường', 'Commune'), communes, { regex: by_name('commune') }),
    // The name of a site stands before its id in what is matched.
    site: query_variable(
      'site',
      lib.t('Điểm lắp đặt', 'Site'),
      'query_result(max by (site, name) (camwatch_site_info{job=~"$job",commune="$commune"}))',
      { regex: '/(?:name="(?<text>[^"]*)".*)?site="(?<value>[^"]+)"/' },
    ),
    camera: query_variable(
      'camera',
      'Camera',
      'query_result(max by (camera, name) (camwatch_camera_info{job=~"$job",commune="$commune",site="$site"}))',
      { regex: by_name('camera') },
    ),
    status_url: variable('status_url', lib.t('Trang trạng thái', 'Status page'), {
      type: 'constant', query: status_url, hide: 2, skipUrlSync: true,
      current: { selected: true, text: status_url, value: status_url },
      options: [{ selected: true, text: status_url, value: status_url }],
    }),
  },

  // ---- The whole

  annotation(name, expr, title, text='', tags='', color='red'):: {
    name: name,
    datasource: lib.datasource,
    enable: true,
    iconColor: color,
    expr: expr,
    step: '60s',
    titleFormat: title,
    textFormat: text,
    tagKeys: tags,
    useValueForTime: false,
  },

  // Lines of panels: [height, [[width, panel], ...]], widths that add up to 24; a text begins a chapter.
  local laid_out(lines) =
    local placed = std.foldl(
      function(at, line)
        if std.isString(line) then at {
          y: at.y + 1,
          panels: at.panels + [{
            type: 'row', title: line, collapsed: false, panels: [],
            gridPos: { x: 0, y: at.y, w: 24, h: 1 },
          }],
        } else
          local widths = [entry[0] for entry in line[1]];
          assert std.foldl(function(a, b) a + b, widths, 0) == 24 : 'a line is 24 wide';
          at {
            y: at.y + line[0],
            panels: at.panels + [
              line[1][i][1] {
                gridPos: {
                  x: std.foldl(function(a, b) a + b, widths[:i], 0), y: at.y, w: widths[i], h: line[0],
                },
              }
              for i in std.range(0, std.length(line[1]) - 1)
            ],
          },
      lines,
      { y: 0, panels: [] },
    ).panels;
    [placed[i] { id: i + 1 } for i in std.range(0, std.length(placed) - 1)],

  dashboard(name, title, description, variables, annotations, lines, from='now-24h', more_links=[]):: {
    id: null,
    uid: lib.uid(name),
    title: 'camwatch · ' + title,
    description: description,
    tags: ['camwatch', 'camwatch-' + lang],
    editable: false,
    graphTooltip: 1,
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    timezone: 'browser',
    time: { from: from, to: 'now' },
    timepicker: { refresh_intervals: ['15s', '30s', '1m', '5m', '15m', '1h'] },
    templating: { list: [lib.variables[v] for v in variables] },
    annotations: { list: annotations },
    links: [
      {
        type: 'dashboards', title: lib.t('Bảng khác', 'Other dashboards'), tags: ['camwatch-' + lang], asDropdown: true,
        includeVars: true, keepTime: true, targetBlank: false, icon: 'external link', tooltip: '', url: '',
      },
      lib.panel_link(lib.t('Trang trạng thái', 'Status page'), '${status_url:raw}/', blank=true),
    ] + more_links,
    panels: laid_out(lines),
  },
}
