//! English, in plain words.

use super::{Columns, Commune, Funder, Legend, Names, Notes, Notice, Province, Site, Units, Words};
use crate::inventory::FundKind;
use crate::ledger::retention::RetentionState;
use crate::observation::State;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const WORDS: Words = Words {
    unit: UNITS,
    name: NAMES,
    column: COLUMNS,
    note: NOTES,
    legend: Legend {
        up: "working",
        degraded: "working, with a fault",
        dark: "no signal",
        unknown: "not known",
        maintenance: "planned work",
        out_of_service: "not in service",
    },
    funder: FUNDER,
    commune: COMMUNE,
    notice: NOTICE,
    province: PROVINCE,
    site: SITE,
};

const UNITS: Units = Units {
    hours_minutes: |hours, minutes| format!("{hours} h {minutes} min"),
    minutes: |minutes| format!("{minutes} min"),
    under_a_minute: "under 1 min",
    hours: |hours| format!("{hours} h"),
    days_of: |held, required| format!("{held} of {required} days"),
    missing_days: |n, days| if n == 1 { format!("{days} day missing") } else { format!("{days} days missing") },
    cameras: |n, cameras| if n == 1 { format!("{cameras} camera") } else { format!("{cameras} cameras") },
    sites: |n, sites| if n == 1 { format!("{sites} site") } else { format!("{sites} sites") },
    sources: |n, sources| if n == 1 { format!("{sources} source") } else { format!("{sources} sources") },
    millions: |amount| format!("{amount} million VND"),
    money: |amount| format!("{amount} VND"),
    range: |from, to| format!("{from} to {to}"),
    month: |year, month| {
        let name = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        format!("{name} {year}")
    },
};

const NAMES: Names = Names {
    state: |state| match state {
        State::Up => "working",
        State::Degraded => "working, with a fault",
        State::Dark => "no signal",
        State::Unknown => "not known",
        State::Maintenance => "planned work",
    },
    out_of_service: "not in service",
    retention: |state| match state {
        RetentionState::Off => "set not to record",
        RetentionState::Unknown => "not known",
        RetentionState::NotRecording => "not recording",
        RetentionState::Gaps => "days missing",
        RetentionState::Filling => "still filling",
        RetentionState::Short => "too short",
        RetentionState::Compliant => "enough",
    },
    not_required: "not required",
    fund_kind: |kind| match kind {
        FundKind::Commune => ("A commune's fund", "Funds of communes"),
        FundKind::Household => ("A household", "Households"),
        FundKind::Company => ("A company", "Companies"),
        FundKind::School => ("A school", "Schools"),
        FundKind::Agency => ("An agency", "Agencies"),
        FundKind::State => ("The state", "Funds of the state"),
    },
    several: |name, n| format!("{name} ({n})"),
    no_village: "No village named",
    recorder: |id| format!("Recorder {id}"),
    camera_of_site: |camera, site| format!("{camera} ({site})"),
    by_camera: "the camera itself",
    by_line: "power or line",
    by_recorder: "the recorder",
    by_unknown: "not established",
    total: "Total",
    nobody_said: "—",
    not_over: "not yet",
};

const COLUMNS: Columns = Columns {
    camera: "Camera",
    cameras: "Cameras",
    site: "Site",
    village: "Village",
    commune: "Commune",
    fund: "Paid by",
    amount: "VND",
    amount_millions: "Million VND",
    your_part: "Your part, VND",
    uptime: "Uptime",
    coverage: "Time observed",
    uptime_and_coverage: "Uptime (time observed)",
    dark: "No signal for",
    dark_at_end: "No signal at the end",
    working_at_end: "Working at the end",
    at_end: "At the end",
    recordings: "Recordings kept",
    recordings_enough: "Enough recordings",
    cost_of_hour: "Cost of an hour",
    cause: "Cause",
    share: "Part",
    others: "Others who paid",
    what: "What",
    from: "From",
    to: "To",
    length: "Lasted",
    taken_on: "Taken on",
    over: "Over",
    incidents: "Faults solved / all",
    month: "Month",
    before: "Before",
    after: "Now",
    made: "Corrected",
};

const NOTES: Notes = Notes {
    observed: |coverage| format!("observed {coverage} of the time"),
    range_because: |coverage| format!("a range, since only {coverage} of the time was observed"),
    range_running: |coverage| {
        format!("a range, since the month is not over and only {coverage} of it has been observed")
    },
    nothing_observed: "no figure: nothing was observed",
    only_maintenance: "no figure: planned work all the time",
    not_in_service: "no figure: not in service this month",
    target: |target| format!("promised {target}"),
    target_mark: "promised",
    required_mark: "required",
    running: |end| format!("The month is not over: provisional figures up to {end}."),
    running_nothing: "The month is not over, and nothing has been recorded in it yet.",
    record_ends: |end| format!("The record of this month ends at {end}: what came later is not known."),
    record_nothing: "Nothing was recorded in this month.",
    ranges: "Where less than 95% of the time was observed, uptime is given as a range: from what was seen to work, up to \
             what may have worked.",
    how_counted: "Uptime is the part of the observed time in which the camera sent a picture; planned work that was \
                  announced is left out. Time in which nobody could look counts neither for nor against it, and below \
                  95% of the time observed the figure is given as a range.",
    how_counted_long: &[
        "Each second in which a camera is in service is counted as exactly one of: working, working with a fault, no \
         signal, not known, planned work.",
        "Uptime = (working + working with a fault) / (working + working with a fault + no signal). Time observed = \
         (working + working with a fault + no signal) / (time in service − planned work).",
        "Where less than 95% of the time was observed, uptime is a range: from (working + working with a fault) to \
         (working + working with a fault + not known), each divided by (time in service − planned work).",
        "Figures of several cameras are their seconds added up, never averages of percentages. Percentages are cut off \
         after two decimals; 100% stands only where there was no second without signal.",
        "Planned work is work that was announced; it is left out of uptime. No signal is counted from the first failed \
         check to the first good one.",
    ],
    footer: |month, made| format!("{month} · figures recorded by camwatch · made {made}"),
    amendments: "Corrections",
    amendments_lead: "These figures of closed months were corrected after they had been closed. What was reported then \
                      stands; beside it stands what holds now: uptime (time observed); time without signal.",
    no_amendments: "No closed month was corrected.",
    no_outages: "No camera lost its signal in this month.",
    outages_left_out: |n, length| {
        format!("And {n} more, in all {length} without signal; the workbook lists every one.")
    },
    and_more: |_, n| format!("and {n} more"),
    strips: "Day by day; at the end of the line uptime (time observed)",
    recordings_bars: "Days of recordings that can be looked back on",
    uptime_bars: "Uptime (time observed)",
    planned: |days, length| format!("Planned work on {days}: {length}, added up over the cameras."),
    moment_of_end: |end| format!("at {end}"),
    month_end: "at the end of the month",
};

const FUNDER: Funder = Funder {
    title: |month| format!("Your cameras in {month}"),
    subtitle: |fund| format!("For {fund}"),
    paid: |cameras| format!("You paid for {cameras}."),
    paid_amount: |amount, cameras| format!("You gave {amount} for {cameras}."),
    in_service: |cameras| format!("In service this month: {cameras}."),
    since: |day| format!("In service since {day}."),
    since_between: |first, last| format!("The first came into service on {first}, the last on {last}."),
    no_cameras: "No camera of yours is in this month's report.",
    working: "Working",
    uptime: "Uptime",
    dark: "Without signal",
    dark_note: |cameras| format!("added up over {cameras}"),
    recordings: "Enough recordings",
    recordings_note: "of the cameras whose recordings are known",
    what_went_wrong: "What went wrong, and what was done",
    nothing_went_wrong: "Nothing went wrong in this month.",
    money_heading: "Your money",
    average: |amount| format!("A camera cost {amount} on average."),
    hour: |cost, months, hours| {
        format!(
            "One hour of a working camera cost {cost}: what you gave, spread over {months} months of service life, \
             divided by the {hours} that your cameras were seen to work this month."
        )
    },
    hour_running: "What an hour of a working camera costs is worked out when the month is over.",
    hour_unknown: "What an hour of a working camera cost cannot be said: none was seen to work.",
    shared: "Cameras that others paid for too: cost, hours and parts are split by what each gave.",
    amounts_unknown: |cameras| format!("Of {cameras} it is not known in full what was paid."),
};

const COMMUNE: Commune = Commune {
    title: |month| format!("Security cameras in {month}"),
    translation: "A translation for information. The report itself is the one in Vietnamese that the commune signs.",
    draft: "DRAFT",
    number: |body| format!("No.      /BC-{body}"),
    place_and_date: |place, month, year| format!("{place},       /{month}/{year}"),
    kind: "REPORT",
    subject: |month| format!("How the security cameras did in {month}"),
    addressee: |superior| format!("To: {superior}"),
    issuer: |commune| format!("People's Committee of {commune}"),
    situation: "I. The situation",
    situation_text: |month, commune, cameras, sites| {
        format!("In service in {commune} in {month}: {cameras} at {sites}.")
    },
    situation_money: |funds, amount| format!("Paid for from {funds}, {amount} in all."),
    situation_added: |cameras| format!("New during the month: {cameras}."),
    situation_removed: |cameras| format!("Taken out of service: {cameras}."),
    situation_observed: |coverage| {
        format!("The system was watched automatically; {coverage} of the time was observed.")
    },
    results: "II. Results",
    by_village: "1. By village",
    by_fund: "2. By who paid",
    shared_note: "A camera that several paid for stands in each one's line; amounts are each one's own. The cost of an \
                  hour is what was given, spread over the service life, by the hours worked, each by the part paid.",
    troubles: "III. What went wrong, and why",
    dark_total: |length| format!("Cameras were without signal for {length}, added up over all of them."),
    by_cause: "Time without signal by cause",
    worst: "The cameras that were without signal longest",
    nothing_dark: "No camera was without signal.",
    short_recordings: "Recordings that are missing or too short",
    short_recordings_more: |cameras| format!("And {cameras} more; the annex names them."),
    short_recordings_none: "All recordings that are known reach as far back as required.",
    short_recordings_unknown: |cameras| format!("It is not known what recordings there are of {cameras}."),
    proposals: "IV. What to do next",
    proposals_lead: "From the figures of the month it follows:",
    repair: |names| {
        format!("Examine cameras that were without signal for over 24 hours by a fault of their own: {names}.")
    },
    repair_dark: |end, names| format!("Repair cameras that were without signal {end}: {names}."),
    lines: |names| format!("Talk to the providers of power and line about these sites: {names}."),
    recorders: |names| format!("Examine these recorders: {names}."),
    disks: |names| format!("Examine recorders and disks where recordings are missing or short: {names}."),
    monitor: |coverage| {
        format!(
            "Examine the monitoring server and its access to the cameras: only {coverage} of the time was observed."
        )
    },
    nothing_to_do: "From the figures of the month nothing follows that has to be done.",
    closing: |month| format!("This is the report on the security cameras in {month}."),
    annex: "ANNEX",
    annex_of: |month| format!("Figures in detail, {month}"),
    annex_cameras: "1. Cameras",
    annex_outages: "2. Times without signal",
    annex_method: "How figures are counted",
    authority: "OFFICE OF THE SIGNER",
    room: "(signature, seal)",
    signer: "(name)",
    recipients: "To:",
    as_above: "As above",
    archive: "Archive",
};

const NOTICE: Notice = Notice {
    title: "Public notice: security cameras that the community paid for",
    subtitle: |commune, month| format!("{commune}, {month}"),
    cameras: "Cameras working",
    money: "Contributed",
    uptime: "Uptime",
    incidents: "Faults",
    incidents_note: |over| format!("{over} of them solved"),
    by_village: "By village",
    ask: |whom| format!("Questions and suggestions: {whom}."),
    posted: "Posted from  ____/____/________  to  ____/____/________",
    posted_by: "Posted by: ______________________",
};

const PROVINCE: Province = Province {
    title: |month| format!("Security cameras by commune, {month}"),
    by_commune: "By commune",
    worst: "Communes with the largest part of time without signal",
    nothing_dark: "No commune had a camera without signal.",
    causes: "Time without signal by cause",
    annex: "Annex: every camera, by commune",
    communes: "Communes",
    funded: "Paid for by a fund",
};

const SITE: Site =
    Site { title: |month| format!("Cameras of the site, {month}"), outages: "What went wrong", cameras: "Cameras" };
