//! What a request of the API asks for: its query, and which part of a long list.
//!
//! Whatever is wrong is said with what is expected, as the API says errors.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::error;
use crate::inventory::SiteId;

/// Entries of one answer at most, where a part is asked for.
const MOST_ENTRIES: usize = 10_000;
/// Of what was sent, so much is repeated.
const MOST_SHOWN: usize = 80;

/// A query.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(bad) => {
                let message = format!("the query cannot be read ({}); write each parameter once", bad.body_text());
                Err(error(StatusCode::BAD_REQUEST, &shown(&message)))
            }
        }
    }
}

/// Of a text that somebody sent, as much as fits into an answer.
pub fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(MOST_SHOWN).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MOST_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Which part of a list is wanted: `limit` entries behind `cursor`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    limit: Option<usize>,
    cursor: Option<Vec<String>>,
}

impl Part {
    /// `keys`: of how many ids a cursor is made, the ids by which the list is sorted.
    ///
    /// # Errors
    /// What is wrong with them.
    #[expect(clippy::result_large_err, reason = "the error is the answer, made once a request")]
    pub fn read(limit: Option<&str>, cursor: Option<&str>, keys: usize) -> Result<Self, Response> {
        let limit = limit.map(|text| match text.parse() {
            Ok(limit) if (1..=MOST_ENTRIES).contains(&limit) => Ok(limit),
            _ => Err(format!("limit={:?} is no number from 1 to {MOST_ENTRIES}", shown(text))),
        });
        let cursor = cursor.map(|text| {
            let ids: Vec<String> = text.split('/').map(str::to_owned).collect();
            let is_good = ids.len() == keys && ids.iter().all(|id| SiteId::new(id).is_ok());
            let wrong = || format!("cursor={:?} is none of ours; follow the Link of the answer before", shown(text));
            is_good.then_some(ids).ok_or_else(wrong)
        });
        let bad = |why: String| error(StatusCode::BAD_REQUEST, &why);
        Ok(Self { limit: limit.transpose().map_err(bad)?, cursor: cursor.transpose().map_err(bad)? })
    }

    /// The part of a list that is sorted by `key`, and the cursor of the next where there is one.
    pub fn of<'a, T>(
        &self,
        list: impl Iterator<Item = &'a T>,
        key: impl Fn(&'a T) -> Vec<&'a str>,
    ) -> (Vec<&'a T>, Option<String>) {
        let cursor: Option<Vec<&str>> = self.cursor.as_ref().map(|ids| ids.iter().map(String::as_str).collect());
        let mut rest = list.skip_while(|entry| cursor.as_ref().is_some_and(|cursor| key(entry) <= *cursor));
        let Some(limit) = self.limit else { return (rest.collect(), None) };
        let part: Vec<&T> = rest.by_ref().take(limit).collect();
        let next = rest.next().and(part.last()).map(|last| key(last).join("/"));
        (part, next)
    }

    /// Whether only a part is asked for.
    pub fn is_some(&self) -> bool {
        *self != Self::default()
    }
}

/// Says where the next part is (RFC 8288).
pub fn link_next(response: &mut Response, path: &str, query: Option<&str>, cursor: &str) {
    let kept = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).filter(|(name, _)| name != "cursor");
    let query =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("cursor", cursor).finish();
    if let Ok(link) = HeaderValue::try_from(format!("<{path}?{query}>; rel=\"next\"")) {
        response.headers_mut().insert(header::LINK, link);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::ptr_arg, reason = "as the list's elements are")]
    fn keys(word: &String) -> Vec<&str> {
        word.split('/').collect()
    }

    #[test]
    fn parts_in_a_row_are_the_whole_list_and_a_removed_entry_loses_nobody() {
        let list: Vec<String> = ["a/1", "a/2", "b/1", "b/3", "c/0"].map(str::to_owned).into();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let part = Part::read(Some("2"), cursor.as_deref(), 2).unwrap();
            let (entries, next) = part.of(list.iter(), keys);
            seen.extend(entries.into_iter().cloned());
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, list);
        let gone = Part::read(Some("9"), Some("b/2"), 2).unwrap();
        assert_eq!(gone.of(list.iter(), keys).0, ["b/3", "c/0"]);
        let all = Part::read(None, None, 2).unwrap();
        assert_eq!((all.of(list.iter(), keys).0.len(), all.is_some()), (5, false));
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for limit in ["", "0", "-1", "10001", "1e3", "99999999999999999999999"] {
            assert!(Part::read(Some(limit), None, 1).is_err(), "{limit}");
        }
        for cursor in ["", "a", "a/b/c", "/a", "a/", "a/ b", "\u{99}/b", &"x".repeat(200)] {
            assert!(Part::read(None, Some(cursor), 2).is_err(), "{cursor}");
        }
    }
}
