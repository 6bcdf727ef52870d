//! The map: sites drawn from their coordinates, without anybody else's server; tiles lie beneath only where the operator
//! names a source of them.
//!
//! Each site has the sign, the colour and (for readers by ear, by keyboard and on hovering) the words of its worst camera.

mod labels;
mod plane;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use self::labels::{Label, place};
use self::plane::{Plane, Position, Tile};
use super::fleet::{Counts, WORST_FIRST};
use super::view::View;
use crate::inventory::{CommuneId, SiteId};
use crate::snapshot::CameraStatus;

/// Beyond so many sites those that lie close to each other are drawn as one.
const MOST_SITES: usize = 300;
/// The cells of the grid that then says what is close, along the longer side.
const CELLS: f64 = 24.0;
/// Beyond so many signs their words are told to those who listen, and not on hovering too: that is half of a map's bytes.
const MOST_TITLES: usize = 60;
/// Half the side of a sign, in units of the picture.
const HALF: f64 = 11.0;

/// One sign on the map: a site, or several that are drawn as one.
struct Spot<'a> {
    /// In the picture.
    x: f64,
    y: f64,
    sites: usize,
    site: Option<&'a SiteId>,
    /// Of several, where they are of one commune.
    commune: Option<&'a CommuneId>,
    counts: Counts,
}

/// The sites of these cameras; nothing where none has coordinates.
pub(super) fn section(view: &View<'_>, cameras: &[&CameraStatus]) -> Markup {
    let words = &view.words.map;
    let (sites, unplaced) = sites(view, cameras);
    let positions: Vec<Position> = sites.iter().map(|(position, ..)| *position).collect();
    let tiles = view.snapshot.config.web.tiles.as_ref();
    let Some(plane) = Plane::around(&positions, tiles.is_some()) else { return html! {} };
    let mut spots: Vec<Spot<'_>> = sites
        .into_iter()
        .map(|(position, site, commune, counts)| {
            let (x, y) = plane.point(position);
            Spot { x, y, sites: 1, site: Some(site), commune: Some(commune), counts }
        })
        .collect();
    if spots.len() > MOST_SITES {
        spots = clustered(spots, &plane);
    }
    // The worst are drawn last, above the others.
    spots.sort_by_key(|spot| std::cmp::Reverse(rank(spot)));
    let labels = labels(view, &spots, &plane);
    html! {
        section class="map" aria-labelledby="map" {
            h2 id="map" { (words.heading) }
            svg viewBox={ "0 0 " (plane.width) " " (plane.height) } role="group" aria-labelledby="map" {
                rect class="ground" width=(plane.width) height=(plane.height) {}
                @if let Some(tiles) = tiles {
                    @for tile in plane.tiles() { (beneath(&tiles.template, tile)) }
                }
                @for spot in &spots { (sign(view, spot, spots.len() <= MOST_TITLES)) }
                (PreEscaped(labels))
                (scale_bar(view, &plane))
            }
            p class="faint" {
                (words.key) ". " (words.north) "."
                @if let Some(by) = tiles.and_then(|tiles| tiles.attribution.as_deref()) { " " (by) }
                @if unplaced > 0 { " " ((words.unplaced)(unplaced as u64, &view.count(unplaced))) }
            }
        }
    }
}

/// One picture of the operator's source.
fn beneath(template: &str, tile: Tile) -> Markup {
    let mut address = template.to_owned();
    for (place, value) in [("{z}", tile.zoom), ("{x}", tile.column), ("{y}", tile.row)] {
        address = address.replace(place, &value.to_string());
    }
    html! {
        image href=(address) x=(short(tile.x)) y=(short(tile.y)) width=(Tile::SIDE) height=(Tile::SIDE) {}
    }
}

type Placed<'a> = (Position, &'a SiteId, &'a CommuneId, Counts);

/// The sites whose place may be shown, with how their cameras stand, and how many have no place.
fn sites<'a>(view: &View<'a>, cameras: &[&'a CameraStatus]) -> (Vec<Placed<'a>>, usize) {
    let inventory = &view.snapshot.config.inventory;
    let mut counts: BTreeMap<&SiteId, Counts> = BTreeMap::new();
    for camera in cameras {
        counts.entry(&camera.site).or_default().add(camera.state, 1);
    }
    let mut unplaced = 0;
    let placed = counts
        .into_iter()
        .filter(|(id, _)| !view.names.hides_site(id))
        .filter_map(|(id, counts)| {
            let site = inventory.sites.get(id)?;
            let position = site.latitude.zip(site.longitude);
            unplaced += usize::from(position.is_none());
            let (north, east) = position?;
            Some((Position { north, east }, id, &site.commune, counts))
        })
        .collect();
    (placed, unplaced)
}

fn rank(spot: &Spot<'_>) -> usize {
    let worst = spot.counts.worst();
    WORST_FIRST.iter().position(|state| Some(*state) == worst).unwrap_or(WORST_FIRST.len())
}

/// Those of one cell of a grid as one, in their middle.
fn clustered<'a>(spots: Vec<Spot<'a>>, plane: &Plane) -> Vec<Spot<'a>> {
    let cell = plane.width.max(plane.height) / CELLS;
    #[expect(clippy::cast_possible_truncation, reason = "a cell of a picture of some hundred units")]
    let index = |at: f64| (at / cell).floor() as i64;
    let mut cells: BTreeMap<(i64, i64), Spot<'a>> = BTreeMap::new();
    for spot in spots {
        match cells.entry((index(spot.y), index(spot.x))) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(spot);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().take(&spot),
        }
    }
    cells.into_values().collect()
}

impl Spot<'_> {
    #[expect(clippy::cast_precision_loss, reason = "sites stay far below 2^52")]
    fn take(&mut self, other: &Self) {
        let (mine, theirs) = (self.sites as f64, other.sites as f64);
        self.x = (self.x * mine + other.x * theirs) / (mine + theirs);
        self.y = (self.y * mine + other.y * theirs) / (mine + theirs);
        self.sites += other.sites;
        self.site = None;
        self.commune = self.commune.filter(|commune| Some(*commune) == other.commune);
        for state in WORST_FIRST {
            self.counts.add(state, other.counts.get(state));
        }
    }
}

/// "Cụm camera cầu Yên Lệnh: 2 mất tín hiệu, 6 hoạt động".
fn in_words(view: &View<'_>, spot: &Spot<'_>) -> String {
    let words = &view.words.map;
    let mut cameras = String::new();
    for state in WORST_FIRST.into_iter().filter(|state| spot.counts.get(*state) > 0) {
        let comma = if cameras.is_empty() { "" } else { ", " };
        // Writing to a String does not fail.
        let _ = write!(cameras, "{comma}{}", (words.count)(&view.count(spot.counts.get(state)), view.state(state)));
    }
    match spot.site {
        Some(site) => (words.site)(view.names.site(site), &cameras),
        None => (words.cluster)(&view.count(spot.sites), &cameras),
    }
}

/// `titled`: told on hovering too.
fn sign(view: &View<'_>, spot: &Spot<'_>, titled: bool) -> Markup {
    let Some(worst) = spot.counts.worst() else { return html! {} };
    let text = in_words(view, spot);
    let half = if spot.sites > 1 { HALF * 1.1 } else { HALF };
    let drawn = html! {
        @if titled { title { (text) } }
        use href={ "#s-" (worst) } x=(short(spot.x - half)) y=(short(spot.y - half)) width=(short(half * 2.0)) height=(short(half * 2.0)) {}
    };
    html! {
        @match (spot.site, spot.commune) {
            (Some(site), _) => a class=(worst) href={ "/sites/" (site) } aria-label=(text) { (drawn) },
            (None, Some(commune)) => a class=(worst) href={ "/?commune=" (commune) "#list" } aria-label=(text) { (drawn) },
            (None, None) => g class=(worst) role="img" aria-label=(text) { (drawn) },
        }
        // For the eye: who listens has heard it with the rest.
        @if spot.sites > 1 {
            text class="many" x=(short(spot.x)) y=(short(spot.y + half + 11.0)) aria-hidden="true" { (view.count(spot.sites)) }
        }
    }
}

/// Names beside signs, as far as they have room: the worst first.
fn labels(view: &View<'_>, spots: &[Spot<'_>], plane: &Plane) -> String {
    let signs: Vec<(f64, f64)> = spots.iter().map(|spot| (spot.x, spot.y)).collect();
    let wanted: Vec<Label> = spots
        .iter()
        .rev()
        .filter_map(|spot| Some(Label { x: spot.x, y: spot.y, text: view.names.site(spot.site?).to_owned() }))
        .collect();
    place(&wanted, &signs, HALF, plane.width, plane.height)
}

fn scale_bar(view: &View<'_>, plane: &Plane) -> Markup {
    let (metres, units) = plane.scale();
    let text = if metres >= 1000 {
        format!("{} km", view.manner.count(metres / 1000))
    } else {
        format!("{} m", view.manner.count(metres))
    };
    let (left, foot) = (12.0, plane.height - 12.0);
    html! {
        g class="scale" {
            path d={ "M" (left) " " (foot - 5.0) "v5h" (short(units)) "v-5" } {}
            text x=(left + 4.0) y=(foot - 6.0) { (text) }
        }
    }
}

/// With one decimal: a tenth of a unit is seen by nobody.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}
