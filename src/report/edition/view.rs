//! A month's dossier as one edition's readers see it: which cameras, under which names, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::manner::Manner;
use super::order::key;
use crate::inventory::{FundId, Language};
use crate::ledger::{Month, Tally};
use crate::observation::State;
use crate::report::CameraFigures;
use crate::report::dossier::{CameraNotes, DarkBy, Dossier, Share, SiteNotes};

/// The cameras that an edition is about, for who reads it.
pub(super) struct View<'a> {
    pub dossier: &'a Dossier,
    pub manner: Manner,
    /// In the order of their ids.
    pub cameras: Vec<Camera<'a>>,
    /// The fund that reads: the only one whose name need not be public.
    reader: Option<&'a FundId>,
}

/// One camera with all that the dossier says of it.
pub(super) struct Camera<'a> {
    pub figures: &'a CameraFigures,
    pub notes: Option<&'a CameraNotes>,
    pub site: Option<&'a SiteNotes>,
    pub tally: Tally,
}

/// What several cameras come to: their seconds added up, never an average of averages.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    /// Those that were in service in this month.
    pub cameras: u64,
    pub tally: Tally,
    pub dark_by: DarkBy,
    /// In service at the last known moment, by what they were.
    pub at_end: AtEnd,
    /// Those whose recordings are known, and those of them that have enough.
    pub judged: u64,
    pub compliant: u64,
    /// đồng.
    pub paid: u64,
    /// Cameras of which somebody's part is not known.
    pub unpriced: u64,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AtEnd {
    pub working: u64,
    pub dark: u64,
    pub unknown: u64,
    pub maintenance: u64,
}

impl AtEnd {
    pub fn all(self) -> u64 {
        self.working + self.dark + self.unknown + self.maintenance
    }
}

/// Under which name a fund may be shown: its own, or what one of its kind is called, and several.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FundName<'a> {
    Public(&'a str),
    Kind(&'static str, &'static str),
}

impl FundName<'_> {
    pub fn one(&self) -> &str {
        match self {
            Self::Public(name) | Self::Kind(name, _) => name,
        }
    }

    pub fn several(&self) -> &str {
        match self {
            Self::Public(name) | Self::Kind(_, name) => name,
        }
    }
}

impl<'a> View<'a> {
    pub fn new(
        dossier: &'a Dossier,
        language: Language,
        reader: Option<&'a FundId>,
        keep: impl Fn(&CameraFigures) -> bool,
    ) -> Self {
        let cameras = dossier.report.cameras.iter().filter(|figures| keep(figures));
        Self {
            dossier,
            manner: Manner::new(language, &dossier.report.timezone),
            cameras: cameras
                .map(|figures| Camera {
                    figures,
                    notes: dossier.cameras.get(&figures.camera),
                    site: dossier.sites.get(&figures.site),
                    tally: figures.figures.into(),
                })
                .collect(),
            reader,
        }
    }

    pub fn sum(&self) -> Sum {
        self.cameras.iter().collect()
    }

    /// The cameras' sums by what `keys` says that each belongs to; each counts once in each.
    pub fn sums<K: Ord, I: IntoIterator<Item = K>>(&self, keys: impl Fn(&Camera<'a>) -> I) -> BTreeMap<K, Sum> {
        let mut sums: BTreeMap<K, Sum> = BTreeMap::new();
        for camera in &self.cameras {
            for key in keys(camera).into_iter().collect::<BTreeSet<K>>() {
                sums.entry(key).or_default().add(camera);
            }
        }
        sums
    }

    /// The villages in the order of their names; what lies in none stands last.
    pub fn villages(&self) -> Vec<(Option<&'a str>, Sum)> {
        let mut villages: Vec<_> = self.sums(|camera| [camera.village()]).into_iter().collect();
        villages.sort_by_key(|(village, _)| (village.is_none(), village.map(key)));
        villages
    }

    /// A camera's name, or its id where the name may not be told.
    pub fn name<'b>(&self, camera: &Camera<'b>) -> &'b str {
        let id = camera.figures.camera.as_str();
        match camera.notes {
            Some(notes) if self.dossier.may_name(notes, self.reader) => &notes.name,
            _ => id,
        }
    }

    /// Name and site in one line.
    pub fn full_name(&self, camera: &Camera<'_>) -> String {
        let (name, site) = (self.name(camera), camera.site_name());
        if name == site { name.to_owned() } else { (self.manner.words.name.camera_of_site)(name, site) }
    }

    /// `None` for one that the dossier does not know: nothing says that its name may be told.
    pub fn fund_name(&self, id: &FundId) -> Option<FundName<'a>> {
        let fund = self.dossier.funds.get(id)?;
        Some(if fund.publish_name || Some(id) == self.reader {
            FundName::Public(&fund.name)
        } else {
            let (one, several) = (self.manner.words.name.fund_kind)(fund.kind);
            FundName::Kind(one, several)
        })
    }

    /// The last moment of the month of which anything is known.
    pub fn end(&self) -> Option<Timestamp> {
        self.dossier.recorded_to
    }

    /// First and last second of the month, the last not included.
    pub fn period(&self) -> Option<(Timestamp, Timestamp)> {
        let month: Month = self.dossier.report.month.parse().ok()?;
        let span = month.span(self.manner.zone());
        Some((Timestamp::from_second(span.from).ok()?, Timestamp::from_second(span.to).ok()?))
    }

    /// Whether the record knows the month to its end.
    pub fn is_recorded_to_the_end(&self) -> bool {
        self.period().is_none_or(|(_, to)| self.end().is_some_and(|end| end >= to))
    }

    pub fn month(&self) -> String {
        self.manner.month(&self.dossier.report.month)
    }

    /// First and last day on which one of the cameras came into service, as far as that is known.
    pub fn installed(&self) -> Option<(Date, Date)> {
        let days = || self.cameras.iter().filter_map(|camera| camera.notes?.installed);
        Some((days().min()?, days().max()?))
    }
}

impl<'a> Camera<'a> {
    pub fn shares(&self) -> &[Share] {
        self.notes.map(|notes| notes.shares.as_slice()).unwrap_or_default()
    }

    pub fn site_name(&self) -> &'a str {
        self.site.map_or(self.figures.site.as_str(), |site| &site.name)
    }

    pub fn village(&self) -> Option<&'a str> {
        self.site?.village.as_deref()
    }

    /// What it cost, where everybody's part is known.
    pub fn price(&self) -> Option<u64> {
        let shares = self.shares();
        if shares.is_empty() {
            return None;
        }
        shares.iter().try_fold(0u64, |sum, share| Some(sum.saturating_add(share.amount_vnd?)))
    }

    pub fn at_end(&self) -> Option<State> {
        self.notes?.at_end
    }

    pub fn is_in_service(&self) -> bool {
        self.tally.in_service() > 0
    }

    /// Whether somebody requires recordings of it.
    pub fn is_recorded(&self) -> bool {
        self.figures.retention.required_days.is_some()
    }

    /// Whether its recordings are known; where they are, whether they are enough.
    pub fn has_enough_recordings(&self) -> Option<bool> {
        use crate::ledger::retention::RetentionState;
        let retention = &self.figures.retention;
        (retention.required_days.is_some() && retention.state != RetentionState::Unknown)
            .then(|| retention.state.is_compliant())
    }
}

impl Sum {
    pub fn add(&mut self, camera: &Camera<'_>) {
        #[cfg(test)]
        super::tests::ADDED.set(super::tests::ADDED.get() + 1);
        self.cameras += u64::from(camera.is_in_service());
        self.tally += camera.tally;
        if let Some(notes) = camera.notes {
            self.dark_by.camera += notes.dark_by.camera;
            self.dark_by.line += notes.dark_by.line;
            self.dark_by.recorder += notes.dark_by.recorder;
            self.dark_by.unknown += notes.dark_by.unknown;
        }
        match camera.at_end() {
            Some(State::Up | State::Degraded) => self.at_end.working += 1,
            Some(State::Dark) => self.at_end.dark += 1,
            Some(State::Unknown) => self.at_end.unknown += 1,
            Some(State::Maintenance) => self.at_end.maintenance += 1,
            None => {}
        }
        if let Some(enough) = camera.has_enough_recordings() {
            self.judged += 1;
            self.compliant += u64::from(enough);
        }
        let known: u64 = camera.shares().iter().filter_map(|share| share.amount_vnd).sum();
        self.paid = self.paid.saturating_add(known);
        self.unpriced += u64::from(camera.price().is_none());
    }
}

impl<'a, 'b: 'a> FromIterator<&'a Camera<'b>> for Sum {
    fn from_iter<T: IntoIterator<Item = &'a Camera<'b>>>(cameras: T) -> Self {
        let mut sum = Self::default();
        for camera in cameras {
            sum.add(camera);
        }
        sum
    }
}
