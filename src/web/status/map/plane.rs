//! From degrees to a picture, north up: the equirectangular projection around the middle of what is shown, or, where there
//! are tiles to lie beneath, the one that tiles are made in (spherical Mercator, `EPSG:3857`).

use std::f64::consts::PI;

/// Degrees north and east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Position {
    pub north: f64,
    pub east: f64,
}

/// How wide a picture is, in its own units, and how high at the least and at most.
const WIDTH: f64 = 640.0;
const HEIGHT: (f64, f64) = (300.0, 440.0);
/// Around the outermost sites.
const MARGIN: f64 = 40.0;
/// However close sites lie together, this many metres are shown.
const LEAST_METRES: f64 = 600.0;
/// Of a degree of latitude.
const METRES: f64 = 111_195.0;

/// Of the whole world at zoom 0, and of one tile at any.
const TILE: f64 = 256.0;
/// Beyond it few makers of tiles have any.
const DEEPEST: u32 = 17;
/// Further from the equator there are no tiles.
const FURTHEST: f64 = 85.051;

/// A part of the world, and the picture that it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plane {
    pub width: f64,
    pub height: f64,
    projection: Projection,
    units_a_metre: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Projection {
    /// `narrowing` is of a degree of longitude at the middle.
    Flat { middle: Position, narrowing: f64 },
    /// A unit is a pixel of a tile; `left` and `top` are the picture's corner in those of the whole world.
    Tiled { zoom: u32, left: f64, top: f64 },
}

/// One tile, and where its corner lies in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tile {
    pub zoom: u32,
    pub column: u32,
    pub row: u32,
    pub x: f64,
    pub y: f64,
}

impl Tile {
    pub const SIDE: f64 = TILE;
}

impl Plane {
    /// What shows all of these; `None` of none. `tiled`: fit for tiles to lie beneath.
    pub fn around(positions: &[Position], tiled: bool) -> Option<Self> {
        let first = positions.first()?;
        let (mut low, mut high) = (*first, *first);
        for position in positions {
            low.north = low.north.min(position.north);
            low.east = low.east.min(position.east);
            high.north = high.north.max(position.north);
            high.east = high.east.max(position.east);
        }
        Some(if tiled { Self::tiled(low, high) } else { Self::flat(low, high) })
    }

    fn flat(low: Position, high: Position) -> Self {
        let middle = Position { north: f64::midpoint(low.north, high.north), east: f64::midpoint(low.east, high.east) };
        // Near a pole a degree of longitude is next to nothing; nothing is divided by it.
        let narrowing = middle.north.to_radians().cos().max(0.01);
        let across = ((high.east - low.east) * narrowing * METRES).max(LEAST_METRES);
        let up = ((high.north - low.north) * METRES).max(LEAST_METRES / 2.0);
        let units_a_metre = ((WIDTH - 2.0 * MARGIN) / across).min((HEIGHT.1 - 2.0 * MARGIN) / up);
        let height = (up * units_a_metre + 2.0 * MARGIN).clamp(HEIGHT.0, HEIGHT.1).round();
        Self { width: WIDTH, height, projection: Projection::Flat { middle, narrowing }, units_a_metre }
    }

    /// At the deepest zoom at which all have room.
    fn tiled(low: Position, high: Position) -> Self {
        let (west, south) = world(low);
        let (east, north) = world(high);
        let fits = |zoom: &u32| {
            let size = size_of_world(*zoom);
            (east - west) * size <= WIDTH - 2.0 * MARGIN && (south - north) * size <= HEIGHT.1 - 2.0 * MARGIN
        };
        let zoom = (0..=DEEPEST).rev().find(fits).unwrap_or(0);
        let size = size_of_world(zoom);
        let height = ((south - north) * size + 2.0 * MARGIN).clamp(HEIGHT.0, HEIGHT.1).round();
        // Whole pixels: tiles that lie between two are drawn blurred.
        let left = (f64::midpoint(west, east) * size - WIDTH / 2.0).round();
        let top = (f64::midpoint(north, south) * size - height / 2.0).round();
        let middle = f64::midpoint(low.north, high.north).clamp(-FURTHEST, FURTHEST).to_radians().cos();
        let units_a_metre = size / (360.0 * METRES * middle);
        Self { width: WIDTH, height, projection: Projection::Tiled { zoom, left, top }, units_a_metre }
    }

    /// Where in the picture that is; down is south.
    pub fn point(&self, position: Position) -> (f64, f64) {
        match self.projection {
            Projection::Flat { middle, narrowing } => {
                let metres = METRES * self.units_a_metre;
                (
                    self.width / 2.0 + (position.east - middle.east) * narrowing * metres,
                    self.height / 2.0 - (position.north - middle.north) * metres,
                )
            }
            Projection::Tiled { zoom, left, top } => {
                let (x, y) = world(position);
                let size = size_of_world(zoom);
                (x * size - left, y * size - top)
            }
        }
    }

    /// The tiles that lie beneath the picture, a dozen or so; none where it is not fit for them.
    pub fn tiles(&self) -> Vec<Tile> {
        let Projection::Tiled { zoom, left, top } = self.projection else { return Vec::new() };
        let side = 1_i64 << zoom;
        #[expect(clippy::cast_possible_truncation, reason = "tiles of one picture")]
        let range = |from: f64, length: f64| ((from / TILE).floor() as i64)..((from + length) / TILE).ceil() as i64;
        let mut tiles = Vec::new();
        for row in range(top, self.height).filter(|row| (0..side).contains(row)) {
            for column in range(left, self.width) {
                #[expect(clippy::cast_precision_loss, reason = "less than 2^18 tiles")]
                let (x, y) = (column as f64 * TILE - left, row as f64 * TILE - top);
                // East of the last tile the first begins again.
                let (Ok(column), Ok(row)) = (u32::try_from(column.rem_euclid(side)), u32::try_from(row)) else {
                    continue;
                };
                tiles.push(Tile { zoom, column, row, x, y });
            }
        }
        tiles
    }

    /// A round number of metres for a bar, and how long that bar is.
    #[expect(clippy::cast_precision_loss, reason = "at most some millions")]
    pub fn scale(&self) -> (u64, f64) {
        const LONGEST: f64 = 130.0;
        let mut best = 1;
        for metres in (0..8).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power))) {
            if metres as f64 * self.units_a_metre <= LONGEST {
                best = metres;
            }
        }
        (best, best as f64 * self.units_a_metre)
    }
}

/// Where that is on the square map of the world: from 0 in the west and the north to 1.
fn world(position: Position) -> (f64, f64) {
    let north = position.north.clamp(-FURTHEST, FURTHEST).to_radians();
    ((position.east + 180.0) / 360.0, (1.0 - north.tan().asinh() / PI) / 2.0)
}

fn size_of_world(zoom: u32) -> f64 {
    TILE * f64::from(1_u32 << zoom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(north: f64, east: f64) -> Position {
        Position { north, east }
    }

    #[test]
    fn everything_lies_within_the_picture_and_north_is_up() {
        let sites = [at(20.66, 106.03), at(20.65, 106.01), at(20.70, 106.10)];
        let plane = Plane::around(&sites, false).unwrap();
        for site in sites {
            let (x, y) = plane.point(site);
            assert!((MARGIN - 0.01..=plane.width - MARGIN + 0.01).contains(&x), "{x}");
            assert!((MARGIN - 0.01..=plane.height - MARGIN + 0.01).contains(&y), "{y}");
        }
        let (west, south) = plane.point(sites[1]);
        let (east, north) = plane.point(sites[2]);
        assert!(west < east && north < south);
    }

    #[test]
    fn distances_are_the_same_in_every_direction() {
        // 0.01 degrees of longitude at 60 degrees north are as long as 0.005 of latitude.
        let plane = Plane::around(&[at(60.0, 10.0), at(60.005, 10.01)], false).unwrap();
        let ((x0, y0), (x1, y1)) = (plane.point(at(60.0, 10.0)), plane.point(at(60.005, 10.01)));
        assert!(((x1 - x0) / (y0 - y1) - 1.0).abs() < 0.01, "{} {}", x1 - x0, y0 - y1);
    }

    #[test]
    fn one_site_alone_is_in_the_middle_of_a_picture_of_some_hundred_metres() {
        let plane = Plane::around(&[at(20.66, 106.03)], false).unwrap();
        assert_eq!(plane.point(at(20.66, 106.03)), (plane.width / 2.0, plane.height / 2.0));
        assert_eq!(plane.scale().0, 100);
        assert_eq!(Plane::around(&[], false), None);
        assert!(Plane::around(&[at(90.0, 0.0), at(90.0, 180.0)], false).unwrap().point(at(90.0, 90.0)).0.is_finite());
    }

    #[test]
    fn the_scale_is_a_round_number_that_fits() {
        let plane = Plane::around(&[at(8.0, 102.0), at(23.0, 109.0)], false).unwrap();
        let (metres, units) = plane.scale();
        assert!([100_000, 200_000, 500_000].contains(&metres) && (30.0..=130.0).contains(&units), "{metres} {units}");
    }

    #[test]
    fn with_tiles_beneath_a_place_lies_on_the_tile_that_shows_it() {
        // The bridge of Yen Lenh, by the usual formula: column 26035, row 14461 at zoom 15.
        let bridge = at(20.6613, 106.0330);
        let plane = Plane::around(&[bridge, at(20.6529, 106.0187)], true).unwrap();
        let (x, y) = plane.point(bridge);
        let tiles = plane.tiles();
        let under = tiles
            .iter()
            .find(|tile| (tile.x..tile.x + Tile::SIDE).contains(&x) && (tile.y..tile.y + Tile::SIDE).contains(&y));
        let under = under.expect("a tile beneath the bridge");
        assert!(under.zoom >= 15);
        assert_eq!((under.column >> (under.zoom - 15), under.row >> (under.zoom - 15)), (26_035, 14_461));
        assert!(tiles.len() <= 16, "{}", tiles.len());
        assert!(plane.tiles().iter().all(|tile| tile.x > -Tile::SIDE && tile.x < plane.width));
    }

    #[test]
    fn the_whole_world_has_tiles_too() {
        let plane = Plane::around(&[at(-90.0, -180.0), at(90.0, 180.0)], true).unwrap();
        assert!(plane.tiles().iter().all(|tile| tile.zoom == 0 && tile.column == 0 && tile.row == 0));
        let (x, y) = plane.point(at(90.0, 180.0));
        assert!(x.is_finite() && y.is_finite());
    }
}
