//! The language of a page: what the reader asked for just now, asked for before, or has set in the browser; else the
//! daemon's.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::inventory::Language;

/// Each with its code and its own name.
pub(super) const ALL: [(Language, &str, &str); 3] = [
    (Language::Vietnamese, "vi", "Tiếng Việt"),
    (Language::English, "en", "English"),
    (Language::Korean, "ko", "한국어"),
];

/// As `lang` attributes have it.
pub(super) fn code(language: Language) -> &'static str {
    match language {
        Language::Vietnamese => "vi",
        Language::English => "en",
        Language::Korean => "ko",
    }
}

fn parse(code: &str) -> Option<Language> {
    ALL.into_iter().find(|(_, known, _)| known.eq_ignore_ascii_case(code)).map(|(language, ..)| language)
}

/// `asked` is the address's `lang`.
pub(super) fn choose(asked: Option<&str>, headers: &HeaderMap, default: Language) -> Language {
    asked
        .and_then(parse)
        .or_else(|| remembered(headers))
        .or_else(|| accepted(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?))
        .unwrap_or(default)
}

/// What makes a browser remember what was asked for; `None` where nothing was.
pub(super) fn remember(asked: Option<&str>) -> Option<HeaderValue> {
    let language = code(parse(asked?)?);
    HeaderValue::from_str(&format!("lang={language}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly")).ok()
}

fn remembered(headers: &HeaderMap) -> Option<Language> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().strip_prefix("lang="))
        .find_map(parse)
}

/// The first of those with the greatest weight (RFC 9110, 12.5.4); `None` where none is ours.
fn accepted(header: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse::<f32>().ok()).unwrap_or(1.0);
        let Some(language) = parse(tag.split('-').next().unwrap_or_default()) else { continue };
        if weight > 0.0 && best.is_none_or(|(_, most)| weight > most) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookie: &str, accept: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, accept.parse().unwrap());
        headers
    }

    #[test]
    fn what_was_asked_for_just_now_counts_before_the_cookie_the_browser_and_the_daemon() {
        let choose = |asked, cookie, accept| choose(asked, &headers(cookie, accept), Language::Vietnamese);
        assert_eq!(choose(Some("ko"), "lang=en", "en"), Language::Korean);
        assert_eq!(choose(Some("xx"), "a=1; lang=ko", "en"), Language::Korean);
        assert_eq!(choose(None, "lang=; xlang=ko", "fr, en-GB;q=0.8, ko;q=0.7"), Language::English);
        assert_eq!(choose(None, "x", "ko-KR,ko;q=0.9,en-US;q=0.8"), Language::Korean);
        assert_eq!(choose(None, "x", "fr-FR, *;q=0.1"), Language::Vietnamese);
        assert_eq!(choose(None, "x", "en;q=0, ko;q=nonsense"), Language::Korean);
    }

    #[test]
    fn only_a_language_of_ours_is_remembered() {
        assert!(remember(Some("KO")).unwrap().to_str().unwrap().starts_with("lang=ko; Path=/;"));
        assert_eq!(remember(Some("xx; Domain=evil")), None);
        assert_eq!(remember(None), None);
    }
}
