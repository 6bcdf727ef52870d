// Every dashboard in every language, by the file that it goes to:  jsonnet -c -m .. main.jsonnet
local languages = ['vi', 'en', 'ko'];
local dashboards = {
  fleet: import 'fleet.libsonnet',
  commune: import 'commune.libsonnet',
  site: import 'site.libsonnet',
  camera: import 'camera.libsonnet',
  retention: import 'retention.libsonnet',
  monitor: import 'monitor.libsonnet',
};
local lib = import 'lib.libsonnet';

function(status_url='http://127.0.0.1:9765') {
  [lang + '/' + name + '.json']: dashboards[name](lib(lang, status_url))
  for lang in languages
  for name in std.objectFields(dashboards)
}
