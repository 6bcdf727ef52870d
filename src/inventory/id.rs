//! Typed identifiers: what keeps a site's id from being taken for a camera's.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an id is 1 to {max} of the characters a-z, A-Z, 0-9, '-', '_' and '.', and begins with a letter or digit",
    max = MAX_ID_LENGTH
)]
pub struct BadId;

/// The longest identifier, in bytes.
pub const MAX_ID_LENGTH: usize = 64;

fn validate(text: &str) -> Result<(), BadId> {
    let ok = text.len() <= MAX_ID_LENGTH
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if ok { Ok(()) } else { Err(BadId) }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        ///
        /// Cheap to clone; ordered as its text.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// # Errors
            /// [`BadId`] where the text is empty, too long, or holds a character that an id may not hold.
            pub fn new(text: &str) -> Result<Self, BadId> {
                validate(text)?;
                Ok(Self(text.into()))
            }

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Its text, without a copy.
            #[must_use]
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::new(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A camera, unique in the whole inventory.
    CameraId,
    /// Cameras behind one line.
    SiteId,
    /// A commune or ward.
    CommuneId,
    /// What keeps recordings.
    RecorderId,
    /// Who paid.
    FundId,
    /// A user name and where its password is found.
    CredentialId,
    /// A person who can be told.
    OfficerId,
    /// A way to tell a person.
    ChannelId,
}

#[cfg(test)]
mod tests {
    use super::CameraId;

    #[test]
    fn an_id_is_plain_text_without_slashes_or_spaces() {
        for good in ["yl-01", "A.b_c", "9"] {
            assert!(CameraId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a b", "a/b", "xã", &"x".repeat(65)] {
            assert!(CameraId::new(bad).is_err(), "{bad}");
        }
    }
}
