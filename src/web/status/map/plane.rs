//! From degrees to a picture: the equirectangular projection around the middle of what is shown, north up.

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

/// A part of the world, and the picture that it fills.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Plane {
    pub width: f64,
    pub height: f64,
    middle: Position,
    /// Of a degree of latitude at the middle.
    narrowing: f64,
    units_a_metre: f64,
}

impl Plane {
    /// What shows all of these; `None` of none.
    pub fn around(positions: &[Position]) -> Option<Self> {
        let first = positions.first()?;
        let (mut low, mut high) = (*first, *first);
        for position in positions {
            low.north = low.north.min(position.north);
            low.east = low.east.min(position.east);
            high.north = high.north.max(position.north);
            high.east = high.east.max(position.east);
        }
        let middle = Position { north: f64::midpoint(low.north, high.north), east: f64::midpoint(low.east, high.east) };
        // Near a pole a degree of longitude is next to nothing; nothing is divided by it.
        let narrowing = middle.north.to_radians().cos().max(0.01);
        let across = ((high.east - low.east) * narrowing * METRES).max(LEAST_METRES);
        let up = ((high.north - low.north) * METRES).max(LEAST_METRES / 2.0);
        let units_a_metre = ((WIDTH - 2.0 * MARGIN) / across).min((HEIGHT.1 - 2.0 * MARGIN) / up);
        let height = (up * units_a_metre + 2.0 * MARGIN).clamp(HEIGHT.0, HEIGHT.1).round();
        Some(Self { width: WIDTH, height, middle, narrowing, units_a_metre })
    }

    /// Where in the picture that is; down is south.
    pub fn point(&self, position: Position) -> (f64, f64) {
        let metres = METRES * self.units_a_metre;
        (
            self.width / 2.0 + (position.east - self.middle.east) * self.narrowing * metres,
            self.height / 2.0 - (position.north - self.middle.north) * metres,
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(north: f64, east: f64) -> Position {
        Position { north, east }
    }

    #[test]
    fn everything_lies_within_the_picture_and_north_is_up() {
        let sites = [at(20.66, 106.03), at(20.65, 106.01), at(20.70, 106.10)];
        let plane = Plane::around(&sites).unwrap();
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
        let plane = Plane::around(&[at(60.0, 10.0), at(60.005, 10.01)]).unwrap();
        let ((x0, y0), (x1, y1)) = (plane.point(at(60.0, 10.0)), plane.point(at(60.005, 10.01)));
        assert!(((x1 - x0) / (y0 - y1) - 1.0).abs() < 0.01, "{} {}", x1 - x0, y0 - y1);
    }

    #[test]
    fn one_site_alone_is_in_the_middle_of_a_picture_of_some_hundred_metres() {
        let plane = Plane::around(&[at(20.66, 106.03)]).unwrap();
        assert_eq!(plane.point(at(20.66, 106.03)), (plane.width / 2.0, plane.height / 2.0));
        assert_eq!(plane.scale().0, 100);
        assert_eq!(Plane::around(&[]), None);
        assert!(Plane::around(&[at(90.0, 0.0), at(90.0, 180.0)]).unwrap().point(at(90.0, 90.0)).0.is_finite());
    }

    #[test]
    fn the_scale_is_a_round_number_that_fits() {
        let plane = Plane::around(&[at(8.0, 102.0), at(23.0, 109.0)]).unwrap();
        let (metres, units) = plane.scale();
        assert!([100_000, 200_000, 500_000].contains(&metres) && (30.0..=130.0).contains(&units), "{metres} {units}");
    }
}
