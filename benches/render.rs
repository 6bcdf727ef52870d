//! How long the metrics page takes: our writer, its compression, what sharing saves, and the same series through the
//! `prometheus` crate's own way (a collector of `MetricFamily` values and its `TextEncoder`) for comparison.
//!
//! `cargo bench --bench render`; results with date and machine stand in `benches/records/`.

use std::collections::HashMap;
use std::hint::black_box;

use camwatch::export::{Encoding, Pages, Part, render};
use camwatch::snapshot::Snapshot;
use camwatch::telemetry::Telemetry;
use criterion::{Criterion, criterion_group, criterion_main};
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{Encoder as _, Registry, TextEncoder};

#[path = "../tests/fleet/mod.rs"]
mod fleet;

/// The same lines, handed to the crate as it wants them.
struct Generic {
    families: Vec<(String, Vec<Line>)>,
    desc: Desc,
}

/// Labels and value.
type Line = (Vec<(String, String)>, f64);

impl Generic {
    fn of(page: &str) -> Self {
        let mut families: Vec<(String, Vec<Line>)> = Vec::new();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                families.push((rest.split(' ').next().unwrap().to_owned(), Vec::new()));
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let labels = series.split_once('{').map_or("", |(_, rest)| rest.trim_end_matches('}'));
                // No label of the fleet holds `",`.
                let labels = labels.split("\",").filter_map(|one| one.split_once("=\""));
                let labels = labels.map(|(k, v)| (k.to_owned(), v.trim_end_matches('"').to_owned())).collect();
                families.last_mut().unwrap().1.push((labels, value.parse().unwrap()));
            }
        }
        let desc = Desc::new("camwatch_fleet".to_owned(), "All.".to_owned(), Vec::new(), HashMap::new()).unwrap();
        Self { families, desc }
    }
}

impl Collector for Generic {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let family = |(name, lines): &(String, Vec<Line>)| {
            let mut family = MetricFamily::default();
            family.set_name(name.clone());
            family.set_help("Help.".to_owned());
            family.set_field_type(MetricType::GAUGE);
            let metrics: Vec<Metric> = lines.iter().map(metric).collect();
            family.set_metric(metrics);
            family
        };
        self.families.iter().map(family).collect()
    }
}

fn metric((labels, value): &Line) -> Metric {
    let pair = |(name, value): &(String, String)| {
        let mut pair = LabelPair::default();
        pair.set_name(name.clone());
        pair.set_value(value.clone());
        pair
    };
    let mut metric = Metric::from_label(labels.iter().map(pair).collect());
    let mut gauge = Gauge::default();
    gauge.set_value(*value);
    metric.set_gauge(gauge);
    metric
}

fn renderings(criterion: &mut Criterion) {
    for cameras in [1_000, 10_000] {
        let snapshot = fleet::snapshot(cameras);
        let now = fleet::at(fleet::NOW);
        let page = render(&snapshot, &Part::Whole, now);
        println!(
            "{cameras} cameras: {} bytes, {} series",
            page.len(),
            page.lines().filter(|l| !l.starts_with('#')).count()
        );

        let mut group = criterion.benchmark_group(format!("render/{cameras}"));
        group.sample_size(20);
        group.bench_function("text", |b| b.iter(|| render(black_box(&snapshot), &Part::Whole, now)));
        let telemetry = Telemetry::new();
        let fresh = |encoding| Pages::default().page(black_box(&snapshot), &telemetry, &Part::Whole, encoding);
        println!("{cameras} cameras: {} bytes compressed", fresh(Encoding::Gzip).len());
        group.bench_function("page, gzip", |b| b.iter(|| fresh(Encoding::Gzip)));
        let pages = Pages::default();
        let shared = |snapshot: &Snapshot| pages.page(snapshot, &telemetry, &Part::Whole, Encoding::Gzip);
        group.bench_function("page, gzip, shared", |b| b.iter(|| shared(black_box(&snapshot))));
        let registry = Registry::new();
        registry.register(Box::new(Generic::of(&page))).unwrap();
        group.bench_function("generic collector, text", |b| {
            b.iter(|| {
                let mut text = Vec::new();
                TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
                text
            });
        });
        group.finish();
    }
}

criterion_group!(benches, renderings);
criterion_main!(benches);
