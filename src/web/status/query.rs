//! What an address asks for: filters, the page of the list, the language, what a form came to.
//!
//! Takes anything that anybody writes there: what means nothing is passed over, what is too long is cut.

use url::form_urlencoded::{Serializer, parse};

use crate::observation::State;
use crate::web::form::Said;

/// Of one value, in characters: longer than any name that somebody searches for.
const LONGEST: usize = 100;
/// Of pairs that are looked at.
const MOST_PAIRS: usize = 32;

/// The query of an address, read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Query {
    pub wanted: Wanted,
    pub language: Option<String>,
    pub said: Option<String>,
}

/// Which cameras are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    pub search: String,
    /// As it was written: one that is no state matches nothing.
    pub state: String,
    pub commune: String,
    /// `COMMUNE/VILLAGE`, or a village's name.
    pub village: String,
    pub site: String,
    /// A fund, or `kind:` with the kind of several.
    pub fund: String,
    /// From 1; beyond the last, the last.
    pub page: usize,
}

impl Query {
    pub fn parse(query: &str) -> Self {
        let mut this = Self::default();
        this.wanted.page = 1;
        for (key, value) in parse(query.as_bytes()).take(MOST_PAIRS) {
            let value: String = value.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            let wanted = &mut this.wanted;
            match &*key {
                "q" => wanted.search = value,
                "state" => wanted.state = value,
                "commune" => wanted.commune = value,
                "village" => wanted.village = value,
                "site" => wanted.site = value,
                "fund" => wanted.fund = value,
                "page" => wanted.page = value.parse().unwrap_or(1).max(1),
                "lang" => this.language = Some(value),
                "said" => this.said = Some(value),
                _ => {}
            }
        }
        this
    }

    pub fn said(&self) -> Option<Said> {
        Said::parse(self.said.as_deref()?)
    }
}

impl Wanted {
    /// With their names in an address, but for the page.
    fn filters(&self) -> [(&'static str, &str); 6] {
        [
            ("q", &self.search),
            ("state", &self.state),
            ("commune", &self.commune),
            ("village", &self.village),
            ("site", &self.site),
            ("fund", &self.fund),
        ]
    }

    pub fn is_filtered(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// Whether a filter is set that most readers never open.
    pub fn is_filtered_more(&self) -> bool {
        self.filters()[2..].iter().any(|(_, value)| !value.is_empty())
    }

    /// Whether this very state is asked for.
    pub fn asks_for(&self, state: State) -> bool {
        State::parse(&self.state) == Some(state)
    }

    /// Whether cameras of this state are wanted: of any, where none is asked for.
    pub fn allows(&self, state: State) -> bool {
        self.state.is_empty() || self.asks_for(state)
    }

    /// The overview with these filters.
    pub fn link(&self, page: usize) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.filters().iter().filter(|(_, value)| !value.is_empty()));
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
    }

    /// The same filters but for the state.
    pub fn link_to_state(&self, state: Option<State>) -> String {
        let state = state.map_or(String::new(), |state| state.as_str().to_owned());
        Self { state, ..self.clone() }.link(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written_back() {
        let query = Query::parse("q=c%E1%BA%A7u+y%C3%AAn&state=dark&village=moc-nam%2FY%C3%AAn&page=3&lang=ko&x=1");
        assert_eq!(query.wanted.search, "cầu yên");
        assert!(query.wanted.asks_for(State::Dark) && !query.wanted.allows(State::Up));
        assert_eq!(query.wanted.village, "moc-nam/Yên");
        assert_eq!((query.wanted.page, query.language.as_deref()), (3, Some("ko")));
        assert_eq!(Query::parse(&query.wanted.link(3)[2..]).wanted, query.wanted);
        assert_eq!(Wanted::default().link(1), "/");
    }

    #[test]
    fn nonsense_is_passed_over_and_what_is_too_long_is_cut() {
        let long = format!("q={}&page=99999999999999999999&said=%00&state=%ff", "%F0%9F%98%80".repeat(4000));
        let query = Query::parse(&long);
        assert_eq!(query.wanted.search.chars().count(), LONGEST);
        assert_eq!((query.wanted.page, query.said()), (1, None));
        assert!(State::ALL.iter().all(|state| !query.wanted.allows(*state)));
        assert_eq!(Query::parse("page=0").wanted.page, 1);
        assert_eq!(Query::parse("&&=&q").wanted, Wanted { page: 1, ..Wanted::default() });
    }
}
