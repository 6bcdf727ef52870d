//! Which part of the page is asked for.

use crate::inventory::{CommuneId, SiteId};
use crate::snapshot::Snapshot;

/// A part of the metrics page. A site is never cut in two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    Whole,
    /// One of N parts that together are the whole page, each series in exactly one of them.
    Shard(Shard),
    /// The camera and site series of one commune and nothing else: what is not of a commune would otherwise be counted
    /// once for each commune by whoever adds the parts up.
    Commune(CommuneId),
}

/// Part `index` of `of`, counted from 1. Sites are dealt out by a hash of their id, so that a new site moves no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shard {
    index: u64,
    of: u64,
}

/// More parts than anybody scrapes, few enough that a mistyped number is noticed.
const MOST_SHARDS: u64 = 1000;

/// Why a query names no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPart {
    #[error(
        "shard={0:?} is no part of the page; write shard=I/N with I from 1 to N and N at most {MOST_SHARDS}, for example shard=1/4"
    )]
    Shard(String),
    #[error("commune={0:?} is not in the inventory; write the id of a [[commune]]")]
    Commune(String),
    #[error("shard and commune cannot be combined; write one of them")]
    Both,
}

impl Shard {
    /// Reads `I/N`.
    ///
    /// # Errors
    /// Where it is anything but two plain numbers with 1 <= I <= N.
    pub fn parse(text: &str) -> Result<Self, BadPart> {
        let number = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| text.parse::<u64>().ok()).flatten()
        };
        text.split_once('/')
            .and_then(|(index, of)| Some(Self { index: number(index)?, of: number(of)? }))
            .filter(|shard| shard.of <= MOST_SHARDS && (1..=shard.of).contains(&shard.index))
            .ok_or_else(|| BadPart::Shard(text.to_owned()))
    }

    fn has(self, site: &SiteId) -> bool {
        fnv1a(site.as_str()) % self.of + 1 == self.index
    }
}

impl Part {
    /// Reads the query of a request for the page.
    ///
    /// # Errors
    /// Where the query names no part, with what is expected instead.
    pub fn parse(shard: Option<&str>, commune: Option<&str>, snapshot: &Snapshot) -> Result<Self, BadPart> {
        match (shard, commune) {
            (None, None) => Ok(Self::Whole),
            (Some(_), Some(_)) => Err(BadPart::Both),
            (Some(shard), None) => Ok(Self::Shard(Shard::parse(shard)?)),
            (None, Some(commune)) => match snapshot.config.inventory.communes.get_key_value(commune) {
                Some((id, _)) => Ok(Self::Commune(id.clone())),
                None => Err(BadPart::Commune(commune.to_owned())),
            },
        }
    }

    /// Whether a site, with its cameras, is in this part.
    #[must_use]
    pub fn has_site(&self, site: &SiteId, commune: &CommuneId) -> bool {
        match self {
            Self::Whole => true,
            Self::Shard(shard) => shard.has(site),
            Self::Commune(wanted) => wanted == commune,
        }
    }

    /// Whether what is of a commune as a whole is in this part.
    #[must_use]
    pub fn has_commune(&self, commune: &CommuneId) -> bool {
        match self {
            Self::Commune(wanted) => wanted == commune,
            _ => self.has_the_rest(),
        }
    }

    /// Whether what belongs to no site (funds, credentials, the daemon itself) is in this part.
    #[must_use]
    pub fn has_the_rest(&self) -> bool {
        match self {
            Self::Whole => true,
            Self::Shard(shard) => shard.index == 1,
            Self::Commune(_) => false,
        }
    }
}

/// FNV-1a, 64 bits: the same in every build, which the standard library's hasher does not promise.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_two_plain_numbers_counted_from_one() {
        for good in ["1/1", "1/4", "4/4", "1000/1000"] {
            assert!(Shard::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "1", "/", "1/", "/2", "0/2", "3/2", "1/0", "+1/2", "1/ 2", "-1/2", "1/2/3", "1/1001", "a/b"] {
            assert!(Shard::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_site_is_in_exactly_one_of_n_parts() {
        for of in [1, 2, 3, 7, 16] {
            for n in 0..500 {
                let site = SiteId::new(&format!("site-{n}")).unwrap();
                let parts = (1..=of).filter(|index| Shard { index: *index, of }.has(&site)).count();
                assert_eq!(parts, 1, "{site} of {of}");
            }
        }
    }

    #[test]
    fn where_a_site_goes_is_fixed_for_ever() {
        // A reference value of FNV-1a; a change here would move every site to another scrape.
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
    }
}
