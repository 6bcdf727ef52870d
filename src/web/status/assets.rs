//! The style sheet, the script and the icon: part of the binary, asked for once and kept by browsers.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

/// One file. Its address holds the hash of what is in it: a new version is another file.
pub(super) struct Asset {
    content_type: &'static str,
    body: &'static str,
    hash: String,
    /// Where it is under its hash, and under its plain name.
    path: String,
    plain: String,
}

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_str!("style.css")));
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("live", "js", "text/javascript; charset=utf-8", include_str!("live.js")));
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("icon.svg")));

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, body: &'static str) -> Self {
        let hash = hex::encode(&Sha256::digest(body)[..8]);
        let (path, plain) = (format!("/assets/{stem}-{hash}.{extension}"), format!("/assets/{stem}.{extension}"));
        Self { content_type, body, hash, path, plain }
    }

    pub fn path(&self) -> &str {
        &self.path
    }
}

/// `/assets/NAME`. Under its plain name a file is asked for anew each time; under its hash it never changes.
pub async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let path = format!("/assets/{name}");
    let Some(asset) = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.path == path || asset.plain == path)
    else {
        return crate::web::text(StatusCode::NOT_FOUND, "404: there is no such file here.\n");
    };
    let etag = format!("\"{}\"", asset.hash);
    let caching = if path == asset.path { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tags| tags.as_bytes() == etag.as_bytes());
    let headers = [(header::CACHE_CONTROL, caching.to_owned()), (header::ETAG, etag)];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, asset.content_type)], asset.body).into_response()
}
