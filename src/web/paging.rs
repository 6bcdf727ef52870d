//! The API of paging: who has an incident, and codes to enrol with.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::visitor::Operator;
use super::{NotNoted, Shared, Who, api};
use crate::inventory::{ChannelId, Inventory, OfficerId};
use crate::notify::pairing::NotPaired;
use crate::paging::{How, Which};

/// Of the body of an acknowledgement.
pub const MOST_BYTES: usize = 4096;
/// A name.
pub const MOST_NAME: usize = 80;

#[derive(Deserialize)]
struct Acknowledging {
    who: String,
    #[serde(default = "page")]
    how: How,
}

fn page() -> How {
    How::Page
}

pub async fn acknowledge(State(shared): State<Shared>, _: Operator, Path(id): Path<String>, body: Bytes) -> Response {
    let Acknowledging { who, how } = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => {
            let message =
                format!("the body cannot be read ({error}); write {{\"who\": \"an officer's id or a name\"}}");
            return api::error(StatusCode::BAD_REQUEST, &message);
        }
    };
    let who = who.trim();
    if !is_name(who) {
        let message = format!("\"who\" is no name; write 1 to {MOST_NAME} characters on one line");
        return api::error(StatusCode::BAD_REQUEST, &message);
    }
    if !matches!(how, How::Page | How::Command) {
        return api::error(
            StatusCode::BAD_REQUEST,
            "\"how\" is \"page\" or \"command\" here; leave it out for \"page\"",
        );
    }
    let which = match id.parse::<u16>() {
        Ok(number) => Which::Number(number),
        Err(_) => Which::Incident(id),
    };
    let who = self::who(who, &which, &shared.snapshot().config.inventory);
    match shared.app.paging.acknowledge(which, who, how).await {
        Ok(noted) => Json(noted).into_response(),
        Err(error @ NotNoted::Not(_)) => api::error(StatusCode::NOT_FOUND, &error.to_string()),
        Err(error @ NotNoted::Stopping) => api::error(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

/// Whether this can be the name of somebody.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MOST_NAME && !text.chars().any(char::is_control)
}

/// An officer by their id, or whoever calls themselves so.
pub fn who(name: &str, which: &Which, inventory: &Inventory) -> Who {
    match inventory.officers.keys().find(|officer| officer.as_str() == name) {
        // Whoever says so here may take any open matter, not only one that this officer was told of.
        Some(officer) if matches!(which, Which::Incident(_)) => Who::Officer(officer.clone()),
        _ => Who::Named(name.to_owned()),
    }
}

#[derive(Deserialize)]
pub struct On {
    channel: Option<String>,
}

pub async fn pair(
    State(shared): State<Shared>,
    _: Operator,
    Path(id): Path<String>,
    api::Asked(on): api::Asked<On>,
) -> Response {
    let Ok(officer) = OfficerId::new(&id) else {
        return api::error(StatusCode::NOT_FOUND, &NotPaired::Officer(id).to_string());
    };
    let channel = match on.channel.as_deref().map(|id| ChannelId::new(id).map_err(|_| id)).transpose() {
        Ok(channel) => channel,
        Err(id) => return api::error(StatusCode::NOT_FOUND, &NotPaired::Channel(id.to_owned()).to_string()),
    };
    match shared.app.paging.pair(officer, channel).await {
        Ok(pairing) => Json(pairing).into_response(),
        Err(error) => {
            let status = match error {
                NotPaired::Officer(_) | NotPaired::Channel(_) => StatusCode::NOT_FOUND,
                NotPaired::NotTheirs(_) | NotPaired::Deaf(_) | NotPaired::TooMany => StatusCode::CONFLICT,
                NotPaired::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            };
            api::error(status, &error.to_string())
        }
    }
}
