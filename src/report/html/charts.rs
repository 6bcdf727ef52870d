//! What is looked at rather than read: the days of a month, and bars against a target.
//!
//! Each state has a pattern of its own beside its colour, and each picture says in words what it shows.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::escape::Html;
use super::tone;
use crate::report::document::{Bars, Legend, Strip, Strips};
use crate::report::dossier::Day;

/// Units of a strip's picture. A day is as many wide, the gap to the next included.
const DAY_WIDTH: u32 = 100;
const GAP: u32 = 14;
const HEIGHT: u32 = 150;
/// However short it was, it is seen.
const LEAST: u32 = 14;

/// The states from the foot of a day's column upwards, each with its class in the style sheet.
const CLASSES: [&str; 5] = ["up", "degraded", "maintenance", "unknown", "dark"];

/// The patterns that the strips and their legends are filled with. Once a file, before the first of them.
pub(crate) const PATTERNS: &str = concat!(
    r#"<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>"#,
    r#"<pattern id="p-degraded" width="24" height="24" patternUnits="userSpaceOnUse">"#,
    r#"<rect class="degraded-ground" width="24" height="24"/><circle class="degraded-mark" cx="12" cy="12" r="6"/></pattern>"#,
    r#"<pattern id="p-unknown" width="22" height="22" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">"#,
    r#"<rect class="unknown-ground" width="22" height="22"/><rect class="unknown-mark" width="8" height="22"/></pattern>"#,
    r#"<pattern id="p-maintenance" width="22" height="22" patternUnits="userSpaceOnUse">"#,
    r#"<rect class="maintenance-ground" width="22" height="22"/><rect class="maintenance-mark" width="22" height="8"/>"#,
    "</pattern></defs></svg>\n"
);

pub(super) fn strips(out: &mut dyn Write, strips: &Strips) -> io::Result<()> {
    writeln!(
        out,
        r#"<figure class="strips{}"><figcaption>{}</figcaption>"#,
        short(strips.rows.len()),
        Html(&strips.caption)
    )?;
    legend(out, &strips.legend, strips)?;
    let days = strips.rows.iter().map(|row| row.days.len()).max().unwrap_or_default();
    axis(out, days)?;
    writeln!(out, "<ul>")?;
    for strip in &strips.rows {
        writeln!(
            out,
            "<li><span class=\"label\">{}</span>{}<span class=\"value\">{}</span></li>",
            Html(&strip.label),
            picture(strip, &strips.legend),
            Html(&strip.value),
        )?;
    }
    writeln!(out, "</ul></figure>")
}

/// So few rows are kept on one page.
fn short(rows: usize) -> &'static str {
    if rows <= 15 { " short" } else { "" }
}

/// The numbers of some days, each above its column.
fn axis(out: &mut dyn Write, days: usize) -> io::Result<()> {
    write!(out, r#"<div class="axis" aria-hidden="true"><div>"#)?;
    for day in (0..days).filter(|day| *day == 0 || (day + 1) % 5 == 0) {
        // In thousandths: no figure of the file depends on how a machine prints fractions.
        let middle = (day * 1000 + 450) / days.max(1);
        write!(out, r#"<span style="left:{}.{}%">{}</span>"#, middle / 10, middle % 10, day + 1)?;
    }
    writeln!(out, "</div></div>")
}

/// Only the states that are in the picture.
fn legend(out: &mut dyn Write, legend: &Legend, strips: &Strips) -> io::Result<()> {
    let days = || strips.rows.iter().flat_map(|row| &row.days);
    let names = names(legend);
    write!(out, r#"<ul class="legend" aria-hidden="true">"#)?;
    for (index, class) in CLASSES.iter().enumerate() {
        if days().any(|day| parts(*day)[index] > 0) {
            entry(out, class, names[index])?;
        }
    }
    if days().any(|day| total(*day) == 0) {
        entry(out, "out", &legend.out_of_service)?;
    }
    writeln!(out, "</ul>")
}

fn entry(out: &mut dyn Write, class: &str, name: &str) -> io::Result<()> {
    write!(
        out,
        r#"<li><svg viewBox="0 0 100 80"><rect class="{class}" x="4" y="4" width="92" height="72"/></svg>{}</li>"#,
        Html(name)
    )
}

/// A strip's days as an image that says in words what it shows. Needs [`PATTERNS`] in the same file, and the style sheet's
/// classes of the states.
pub(crate) fn picture(strip: &Strip, legend: &Legend) -> String {
    let mut paths: [String; CLASSES.len()] = Default::default();
    let mut out_of_service = String::new();
    for (day, x) in strip.days.iter().zip((0..).step_by(DAY_WIDTH as usize)) {
        if total(*day) == 0 {
            let _ = write!(out_of_service, "M{} 3h{}v{}h-{1}z", x + 3, DAY_WIDTH - GAP - 6, HEIGHT - 6);
            continue;
        }
        let mut foot = HEIGHT;
        for (path, height) in paths.iter_mut().zip(heights(*day)) {
            if height > 0 {
                foot -= height;
                let _ = write!(path, "M{x} {foot}h{}v{height}h-{0}z", DAY_WIDTH - GAP);
            }
        }
    }
    let mut drawn = String::new();
    for (class, path) in CLASSES.iter().zip(&paths).chain([(&"out", &out_of_service)]) {
        if !path.is_empty() {
            let _ = write!(drawn, r#"<path class="{class}" d="{path}"/>"#);
        }
    }
    format!(
        r#"<svg role="img" viewBox="0 0 {} {HEIGHT}" aria-label="{}">{drawn}</svg>"#,
        strip.days.len() * DAY_WIDTH as usize - GAP as usize,
        Html(&in_words(strip, legend)),
    )
}

/// How high each part of a day's column is; what is there at all is high enough to be seen.
fn heights(day: Day) -> [u32; 5] {
    // A day on which clocks change has an hour more; what is missing of a day was not in service.
    let whole = total(day).max(86_400);
    let mut heights = parts(day).map(|seconds| {
        let height = u32::try_from(u64::from(seconds) * u64::from(HEIGHT) / u64::from(whole)).unwrap_or(HEIGHT);
        if seconds > 0 { height.max(LEAST) } else { 0 }
    });
    let over = heights.iter().sum::<u32>().saturating_sub(HEIGHT);
    if let Some(largest) = heights.iter_mut().max() {
        *largest = largest.saturating_sub(over);
    }
    let short = HEIGHT - heights.iter().sum::<u32>();
    // What division left over is no time out of service.
    if total(day) >= 86_400
        && let Some(largest) = heights.iter_mut().max()
    {
        *largest += short;
    }
    heights
}

/// In the order of [`CLASSES`].
fn parts(day: Day) -> [u32; 5] {
    [day.up, day.degraded, day.maintenance, day.unknown, day.dark]
}

fn names(legend: &Legend) -> [&str; 5] {
    [&legend.up, &legend.degraded, &legend.maintenance, &legend.unknown, &legend.dark]
}

fn total(day: Day) -> u32 {
    parts(day).into_iter().fold(0, u32::saturating_add)
}

/// On which days it was what: "99,2 %. Mất tín hiệu: 3, 5-7."
fn in_words(strip: &Strip, legend: &Legend) -> String {
    let mut words = format!("{}: {}.", strip.label, strip.value);
    let names = names(legend);
    // The worst first; that it was up goes without saying, unless it was nothing else.
    for state in (1..CLASSES.len()).rev() {
        say(&mut words, names[state], strip, |day| parts(day)[state] > 0);
    }
    say(&mut words, &legend.out_of_service, strip, |day| total(day) == 0);
    if strip.days.iter().all(|day| total(*day) == day.up) {
        say(&mut words, &legend.up, strip, |day| day.up > 0);
    }
    words
}

fn say(words: &mut String, name: &str, strip: &Strip, holds: impl Fn(Day) -> bool) {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (day, _) in strip.days.iter().enumerate().filter(|(_, day)| holds(**day)) {
        match runs.last_mut() {
            Some((_, last)) if *last == day => *last = day + 1,
            _ => runs.push((day + 1, day + 1)),
        }
    }
    if runs.is_empty() {
        return;
    }
    let runs: Vec<String> = runs
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}\u{2013}{to}") })
        .collect();
    let _ = write!(words, " {name}: {}.", runs.join(", "));
}

pub(super) fn bars(out: &mut dyn Write, bars: &Bars) -> io::Result<()> {
    writeln!(
        out,
        r#"<figure class="bars{}"><figcaption>{}</figcaption>"#,
        short(bars.rows.len()),
        Html(&bars.caption)
    )?;
    if let Some(label) = &bars.target_label {
        writeln!(out, r#"<ul class="legend" aria-hidden="true"><li><i class="target"></i>{}</li></ul>"#, Html(label))?;
    }
    writeln!(out, "<ul>")?;
    for bar in &bars.rows {
        write!(
            out,
            r#"<li><span class="label">{}</span><span class="bar {}" aria-hidden="true">"#,
            Html(&bar.label),
            tone(bar.tone)
        )?;
        let value = bar.value.map_or(0, |value| tenths(value, bars.scale));
        if value > 0 {
            write!(out, r#"<i class="reach" style="width:{}"></i>"#, Tenths(value))?;
        }
        if let Some(at_most) = bar.at_most.map(|at_most| tenths(at_most, bars.scale)).filter(|most| *most > value) {
            let beyond = Tenths(at_most - value);
            write!(out, r#"<i class="at-most" style="left:{};width:{beyond}"></i>"#, Tenths(value))?;
        }
        if let Some(target) = bar.target {
            write!(out, r#"<i class="target" style="left:{}"></i>"#, Tenths(tenths(target, bars.scale)))?;
        }
        writeln!(out, "</span><span class=\"value {}\">{}</span></li>", tone(bar.tone), Html(&bar.text))?;
    }
    writeln!(out, "</ul></figure>")
}

/// Tenths of a percent.
struct Tenths(u32);

impl std::fmt::Display for Tenths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}%", self.0 / 10, self.0 % 10)
    }
}

/// How much of the scale a value is: never more than all of it, never less than nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
fn tenths(value: f64, scale: f64) -> u32 {
    let part = value / scale;
    if part.is_finite() { (part * 1000.0).clamp(0.0, 1000.0).floor() as u32 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_days_column_is_whole_and_its_shortest_part_is_seen() {
        let day = |up, dark, unknown| Day { up, dark, unknown, ..Day::default() };
        assert_eq!(heights(day(86_400, 0, 0)), [HEIGHT, 0, 0, 0, 0]);
        assert_eq!(heights(day(86_399, 1, 0)), [HEIGHT - LEAST, 0, 0, 0, LEAST]);
        assert_eq!(heights(day(43_200, 0, 0)), [HEIGHT / 2, 0, 0, 0, 0], "the rest was not in service");
        assert_eq!(heights(day(28_801, 28_801, 28_798)).iter().sum::<u32>(), HEIGHT);
        assert_eq!(heights(day(0, 90_000, 0)), [0, 0, 0, 0, HEIGHT], "clocks went back");
        let all = Day { up: 86_396, degraded: 1, dark: 1, unknown: 1, maintenance: 1 };
        assert_eq!(heights(all), [HEIGHT - 4 * LEAST, LEAST, LEAST, LEAST, LEAST]);
    }

    #[test]
    fn a_strip_says_in_words_on_which_days_it_was_what() {
        let legend = Legend {
            up: "Up".into(),
            degraded: "Poor".into(),
            dark: "Dark".into(),
            unknown: "Unknown".into(),
            maintenance: "Work".into(),
            out_of_service: "Not there".into(),
        };
        let up = Day { up: 86_400, ..Day::default() };
        let dark = Day { dark: 60, up: 86_340, ..Day::default() };
        let strip = |days| Strip { label: "A".into(), days, value: "99%".into() };
        assert_eq!(
            in_words(&strip(vec![Day::default(), up, dark, dark, up, dark]), &legend),
            "A: 99%. Dark: 3\u{2013}4, 6. Not there: 1."
        );
        assert_eq!(in_words(&strip(vec![up, up]), &legend), "A: 99%. Up: 1\u{2013}2.");
    }

    #[test]
    fn a_bar_never_leaves_its_scale() {
        assert_eq!([tenths(0.995, 1.0), tenths(40.0, 30.0), tenths(-1.0, 1.0)], [995, 1000, 0]);
        assert_eq!([tenths(1.0, 0.0), tenths(f64::NAN, 1.0)], [0, 0]);
    }
}
