//! Names in the order in which people look for them.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// A key to sort names by: letters without their marks first, đ after d, numbers by what they count.
///
/// Enough for lists of villages and communes; a Vietnamese dictionary orders tones further than this.
pub(super) fn key(name: &str) -> (String, String) {
    let mut key = String::with_capacity(name.len());
    let mut digits = String::new();
    for c in DecomposingNormalizerBorrowed::new_nfd().normalize(name).to_lowercase().chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        number(&mut key, &mut digits);
        match c {
            'đ' => key.push_str("d\u{7f}"),
            // What marks a letter.
            '\u{300}'..='\u{36f}' => {}
            _ => key.push(c),
        }
    }
    number(&mut key, &mut digits);
    (key, name.to_owned())
}

/// So many digits that 9 comes before 10.
fn number(key: &mut String, digits: &mut String) {
    if !digits.is_empty() {
        key.push_str(&format!("{digits:0>12}"));
        digits.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn names_stand_where_people_look_for_them() {
        let mut names = ["Đô Quan", "Yên Lệnh", "Thôn 10", "Hòa", "Thôn 9", "Du", "Ấp Bắc", "Hoa", "Dy"];
        names.sort_by_key(|name| key(name));
        assert_eq!(names, ["Ấp Bắc", "Du", "Dy", "Đô Quan", "Hoa", "Hòa", "Thôn 9", "Thôn 10", "Yên Lệnh"]);
    }
}
