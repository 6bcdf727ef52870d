// What a dashboard of ours has to be: Grafana's types of the whole, of each kind of panel that we use, and of a query to
// Prometheus. The schema leaves what belongs to a plugin open; here it is closed again.
import type { Dashboard, Panel, AnnotationQuery, VariableModel, DataSourceRef } from '@grafana/schema';
import type * as geomap from '@grafana/schema/dist/esm/raw/composable/geomap/panelcfg/x/GeomapPanelCfg_types.gen';
import type * as timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as bars from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as lines from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// JSON has the values of enumerations, not their names.
type Plain<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends number
      ? `${T}` extends `${infer N extends number}` ? N : never
      : T extends (infer U)[]
        ? Plain<U>[]
        : T extends object
          ? { [K in keyof T]: Plain<T[K]> }
          : T;

interface Target {
  refId: string;
  datasource: DataSourceRef;
  editorMode: 'code';
  expr: string;
  legendFormat: string;
  range: boolean;
  instant: boolean;
  format: 'time_series' | 'table';
}

type Base = Plain<Panel>;
type Defaults<Custom> = Omit<NonNullable<Base['fieldConfig']>['defaults'], 'custom'> & { custom?: Custom };
type Kind<Type extends string, Options, Custom> = Omit<Base, 'type' | 'options' | 'targets' | 'fieldConfig' | 'datasource'> & {
  type: Type;
  title: string;
  description: string;
  datasource: { type: 'prometheus'; uid: '${datasource}' };
  options: Plain<Options>;
  targets: Target[];
  fieldConfig: Omit<NonNullable<Base['fieldConfig']>, 'defaults'> & { defaults: Defaults<Plain<Custom>> };
};

type AnyPanel =
  | Kind<'geomap', geomap.Options, never>
  | Kind<'state-timeline', timeline.Options, timeline.FieldConfig>
  | Kind<'stat', stat.Options, never>
  | Kind<'table', table.Options, table.FieldConfig>
  | Kind<'bargauge', bars.Options, never>
  | Kind<'timeseries', lines.Options, lines.FieldConfig>;

// What the data source adds to an annotation, and takes as the query of a variable.
type Annotation = Plain<AnnotationQuery> & {
  expr: string;
  step: string;
  titleFormat: string;
  textFormat: string;
  tagKeys: string;
  useValueForTime: boolean;
};
type Variable = Omit<Plain<VariableModel>, 'query' | 'current'> & {
  query: string | { query: string; qryType: number; refId: string };
  current: Plain<VariableModel>['current'] | Record<string, never>;
};

export type CamwatchDashboard = Omit<Plain<Dashboard>, 'panels' | 'annotations' | 'templating'> & {
  panels: AnyPanel[];
  annotations: { list: Annotation[] };
  templating: { list: Variable[] };
};
