//! Names beside signs: each where it covers neither a sign nor another name, or nowhere.

use std::fmt::Write as _;

use maud::html;

use super::short;

/// A name that somebody would like to read beside a sign.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    pub x: f64,
    pub y: f64,
    pub text: String,
}

/// Of names that are written.
const LONGEST: usize = 26;
const MOST: usize = 40;
/// The height of letters in units of the picture, and how much of it a letter is wide: on a wide screen, and on a phone,
/// where the picture is drawn smaller and its letters larger.
const WIDE: f64 = 13.0;
const NARROW: f64 = 23.0;
const LETTER: f64 = 0.62;

#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn meets(self, other: Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// Which side of its sign a name stands on.
#[derive(Debug, Clone, Copy)]
enum Side {
    Right,
    Left,
    Above,
    Below,
}

impl Side {
    const ALL: [Self; 4] = [Self::Right, Self::Left, Self::Above, Self::Below];

    /// Where the text is anchored, and how.
    fn anchor(self, label: &Label, half: f64) -> (f64, f64, &'static str) {
        let gap = half + 4.0;
        match self {
            Self::Right => (label.x + gap, label.y + 4.5, "start"),
            Self::Left => (label.x - gap, label.y + 4.5, "end"),
            Self::Above => (label.x, label.y - gap, "middle"),
            Self::Below => (label.x, label.y + gap + 9.0, "middle"),
        }
    }

    /// What the text covers in letters of this height.
    fn area(self, label: &Label, half: f64, letters: usize, height: f64) -> Area {
        #[expect(clippy::cast_precision_loss, reason = "some letters")]
        let width = letters as f64 * height * LETTER;
        let (x, y, anchor) = self.anchor(label, half);
        let left = match anchor {
            "start" => x,
            "end" => x - width,
            _ => x - width / 2.0,
        };
        Area { left, top: y - height * 0.85, right: left + width, bottom: y + height * 0.25 }
    }
}

/// The names that have room, in the order in which they are wanted. Those that have it on a phone too are of class `n`.
pub(super) fn place(wanted: &[Label], signs: &[(f64, f64)], half: f64, width: f64, height: f64) -> String {
    let mut taken: Vec<Area> =
        signs.iter().map(|(x, y)| Area { left: x - half, top: y - half, right: x + half, bottom: y + half }).collect();
    // The bar with the scale.
    taken.push(Area { left: 0.0, top: height - 32.0, right: 150.0, bottom: height });
    let mut taken_narrow = taken.clone();
    let mut drawn = String::new();
    let mut left = MOST;
    for label in wanted {
        if left == 0 {
            break;
        }
        let text = shortened(&label.text);
        let letters = text.chars().count();
        let is_free = |area: Area, taken: &[Area]| {
            area.left >= 2.0
                && area.right <= width - 2.0
                && area.top >= 2.0
                && area.bottom <= height - 2.0
                && !taken.iter().any(|other| area.meets(*other))
        };
        let Some(side) = Side::ALL.into_iter().find(|side| is_free(side.area(label, half, letters, WIDE), &taken))
        else {
            continue;
        };
        taken.push(side.area(label, half, letters, WIDE));
        let narrow = side.area(label, half, letters, NARROW);
        let on_phones = is_free(narrow, &taken_narrow);
        if on_phones {
            taken_narrow.push(narrow);
        }
        let (x, y, anchor) = side.anchor(label, half);
        let markup = html! {
            text class={ "name" @if on_phones { " n" } } x=(short(x)) y=(short(y)) text-anchor=(anchor) aria-hidden="true" { (text) }
        };
        // Writing to a String does not fail.
        let _ = write!(drawn, "{}", markup.into_string());
        left -= 1;
    }
    drawn
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(x: f64, y: f64, text: &str) -> Label {
        Label { x, y, text: text.to_owned() }
    }

    #[test]
    fn names_do_not_cover_each_other_and_the_first_wanted_is_written() {
        let wanted = [label(300.0, 200.0, "Cầu Yên Lệnh"), label(302.0, 201.0, "Chợ Mộc Nam")];
        let signs: Vec<_> = wanted.iter().map(|one| (one.x, one.y)).collect();
        let drawn = place(&wanted, &signs, 9.0, 640.0, 400.0);
        assert!(drawn.contains("Cầu Yên Lệnh"));
        let crowd: Vec<_> =
            (0..200).map(|n| label(300.0 + f64::from(n % 14), 200.0 + f64::from(n / 14), "Tên")).collect();
        let signs: Vec<_> = crowd.iter().map(|one| (one.x, one.y)).collect();
        assert!(place(&crowd, &signs, 9.0, 640.0, 400.0).matches("<text").count() <= 8);
    }

    #[test]
    fn a_name_at_the_edge_stands_inside_the_picture() {
        let drawn = place(&[label(630.0, 200.0, "Đê sông Hồng")], &[(630.0, 200.0)], 9.0, 640.0, 400.0);
        assert!(drawn.contains("text-anchor=\"end\""), "{drawn}");
    }

    #[test]
    fn a_long_name_is_cut_and_markup_in_it_is_text() {
        let drawn = place(&[label(320.0, 200.0, "<b>Trường Tiểu học và Trung học cơ sở</b>")], &[], 9.0, 640.0, 400.0);
        assert!(drawn.contains("&lt;b&gt;Trường") && drawn.contains('…') && !drawn.contains("<b>"), "{drawn}");
    }
}
