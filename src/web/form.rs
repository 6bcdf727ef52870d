//! The forms of pages: what was filled in, that the page was ours, and where the reader goes back to.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::{Url, form_urlencoded};

use super::visitor::{Operator, Visitor};
use super::{Shared, text};

/// Of a form's body.
pub const MOST_BYTES: usize = 16 * 1024;

/// What was asked for with a form, and what came of it. A page turns it into a sentence: `?said=WORD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Probed,
    Busy,
    Acknowledged,
    Gone,
    Maintenance,
    MaintenanceEnded,
    BadForm,
    Stopping,
}

impl Said {
    const ALL: [Self; 8] = [
        Self::Probed,
        Self::Busy,
        Self::Acknowledged,
        Self::Gone,
        Self::Maintenance,
        Self::MaintenanceEnded,
        Self::BadForm,
        Self::Stopping,
    ];

    /// The word that stands in an address.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == word)
    }

    /// Whether it was done.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Probed | Self::Acknowledged | Self::Maintenance | Self::MaintenanceEnded)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Probed => "probed",
            Self::Busy => "busy",
            Self::Acknowledged => "acknowledged",
            Self::Gone => "gone",
            Self::Maintenance => "maintenance",
            Self::MaintenanceEnded => "maintenance-ended",
            Self::BadForm => "bad-form",
            Self::Stopping => "stopping",
        }
    }
}

/// A form that one of our pages showed to whoever sent it.
pub struct Form {
    fields: Vec<(String, String)>,
}

/// A form (`application/x-www-form-urlencoded`) that was filled in by somebody who may act: what every route takes that does
/// something for a page.
pub struct Filled {
    pub visitor: Visitor,
    pub form: Form,
}

impl FromRequest<Shared> for Filled {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Operator(visitor) = Operator::from_request_parts(&mut parts, shared).await?;
        let body = Bytes::from_request(Request::from_parts(parts, body), shared).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let form = Form { fields: form_urlencoded::parse(&body).into_owned().collect() };
        if form.get("csrf").is_some_and(|token| shared.csrf.is_good(&visitor, token)) {
            return Ok(Self { visitor, form });
        }
        Err(text(
            StatusCode::FORBIDDEN,
            "this form is not valid any more: camwatch was restarted since the page was loaded, or that was days ago. Nothing was \
             done. Go back, load the page again, and press once more.\n",
        ))
    }
}

impl Form {
    /// What was filled in, without white space around it; `None` where that is nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(field, _)| field == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// Sends the reader back to the page of the form, or to `otherwise`, with a word on what came of it.
    pub fn back(&self, otherwise: &str, said: Said) -> Response {
        let path = self.get("back").and_then(|back| local(back, said));
        let path = path.or_else(|| local(otherwise, said)).unwrap_or_else(|| "/".to_owned());
        // A URL is ASCII once it was parsed.
        let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
        (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
    }
}

/// A path of ours with the word added; `None` for what leads anywhere else.
fn local(back: &str, said: Said) -> Option<String> {
    let base = Url::parse("http://camwatch.invalid/").ok()?;
    let mut url = base.join(back).ok().filter(|url| back.starts_with('/') && url.origin() == base.origin())?;
    let kept: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "said").collect();
    url.query_pairs_mut().clear().extend_pairs(kept).append_pair("said", said.as_str());
    let path = &url[url::Position::BeforePath..];
    // "//host" would be read as another host.
    (!path.starts_with("//")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_a_page_of_ours_with_the_word_added() {
        let to = |back: &str| local(back, Said::Probed);
        assert_eq!(to("/").as_deref(), Some("/?said=probed"));
        assert_eq!(to("/cameras/yl-01").as_deref(), Some("/cameras/yl-01?said=probed"));
        assert_eq!(
            to("/?state=dark&said=busy&q=C%E1%BA%A7u#x").as_deref(),
            Some("/?state=dark&q=C%E1%BA%A7u&said=probed#x")
        );
        assert_eq!(to("/a\r\nSet-Cookie: x").as_deref(), Some("/aSet-Cookie:%20x?said=probed"));
        for elsewhere in [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "evil",
            "",
            "/.//evil.example",
            "/..//evil.example",
        ] {
            assert_eq!(to(elsewhere), None, "{elsewhere}");
        }
    }
}
