//! What the room promises as a whole; single rules are shown by `tests/bad-config/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use tempfile::TempDir;

use super::problem::{At, Log, Mark};
use super::raw::SCHEMA;
use super::secrets::{Named, Secrets};
use super::value::FilePath;
use super::{Config, Owner, Problem, Problems};
use crate::inventory::{ChannelId, Depth, Language, MinuteOfDay, Transport};

const SETTINGS: &str = include_str!("../../config/camwatch.toml");
const INVENTORY: &str = include_str!("../../config/inventory/moc-nam.toml");

/// The examples with the keys that they only show (`#key = value`) switched on.
fn switched_on(example: &str) -> String {
    let shown = |line: &str| {
        let key = line.strip_prefix('#')?;
        key.starts_with(|c: char| c.is_ascii_lowercase() || c == '[').then(|| key.to_owned())
    };
    example.lines().map(|line| shown(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
}

/// The examples in a directory of their own, with what they point to.
fn examples(settings: &str, inventory: &str) -> TempDir {
    let dir = TempDir::new().unwrap();
    for sub in ["inventory", "secrets", "tls"] {
        fs::create_dir(dir.path().join(sub)).unwrap();
    }
    fs::write(dir.path().join("camwatch.toml"), settings).unwrap();
    // The environment of a test process cannot be set, so what the example reads from it is read from files here.
    let inventory = inventory
        .replace("password_env = \"CHO_MOC_NAM_PASSWORD\"", "password_file = \"../secrets/cho-moc-nam\"")
        .replace("token_env = \"SMS_TOKEN\"", "token_file = \"../secrets/sms\"");
    fs::write(dir.path().join("inventory/moc-nam.toml"), inventory).unwrap();
    for secret in [
        "nvr-yen-lenh",
        "cho-moc-nam",
        "zalo-bot",
        "sms",
        "esms",
        "modem",
        "zalo-app",
        "zalo-oa",
        "telegram",
        "mail",
        "hook",
        "alertmanager-token",
    ] {
        let path = dir.path().join("secrets").join(secret);
        // The one of eSMS is of two parts.
        let text = if secret == "esms" { "key:secret".to_owned() } else { format!("secret of {secret}\n") };
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    for pem in ["camwatch.crt", "camwatch.key", "clients.crt"] {
        fs::write(dir.path().join("tls").join(pem), "").unwrap();
    }
    dir
}

fn parse(text: &str) -> Result<Config, Problems> {
    Config::parse(Path::new("camwatch.toml"), text)
}

fn texts(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.text.as_str()).collect()
}

const SITE: &str =
    "[[commune]]\nid = \"moc-nam\"\nname = \"Mộc Nam\"\n[[site]]\nid = \"s\"\ncommune = \"moc-nam\"\nname = \"S\"\n";

fn camera(id: u32, extra: &str) -> String {
    format!("[[camera]]\nid = \"c{id}\"\nsite = \"s\"\nname = \"C\"\nurl = \"rtsp://10.0.0.{id}/1\"\n{extra}\n")
}

#[test]
fn the_examples_load_and_warn_of_nothing() {
    let dir = examples(SETTINGS, INVENTORY);
    let config = Config::load(&dir.path().join("camwatch.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.warnings, []);
    assert_eq!(config.inventory.cameras.len(), 5);
    assert_eq!(config.inventory.credentials["nvr-yen-lenh"].password.expose(), "secret of nvr-yen-lenh");
}

#[test]
fn the_example_has_the_real_defaults_but_for_the_one_of_which_it_says_otherwise() {
    let example = parse(SETTINGS).unwrap();
    let mut expected = parse("").unwrap();
    expected.alert.group_wait = Duration::from_secs(90);
    assert_eq!(example, expected);
}

#[test]
fn the_defaults_are_these() {
    let config = parse("").unwrap();
    let daemon = &config.daemon;
    assert_eq!(daemon.listen.to_string(), "127.0.0.1:9765");
    assert_eq!(daemon.data_dir, Path::new("/var/lib/camwatch"));
    assert_eq!(daemon.timezone, TimeZone::get("Asia/Ho_Chi_Minh").unwrap());
    assert_eq!((daemon.language, daemon.references.len()), (Language::Vietnamese, 0));
    assert_eq!(config.store.path, Path::new("/var/lib/camwatch/ledger.db"));
    assert_eq!(config.store.keep_observations, Duration::from_secs(7 * 86_400));
    let probe = &config.probe;
    assert_eq!((probe.interval, probe.timeout), (Duration::from_secs(30), Duration::from_secs(10)));
    assert_eq!((probe.confirm, probe.recover, probe.picture_confirm), (3, 2, 2));
    assert_eq!((probe.recheck, probe.clock_tolerance), (Duration::from_secs(5), Duration::from_secs(300)));
    assert_eq!((probe.picture_interval, probe.metadata_interval), (Duration::from_secs(900), Duration::from_secs(900)));
    assert_eq!((probe.depth, probe.transport), (Depth::Frame, Transport::Tcp));
    assert_eq!(probe.retention_scan, MinuteOfDay(120));
    assert_eq!((probe.max_concurrent, probe.max_concurrent_per_site), (256, 16));
    let alert = &config.alert;
    assert_eq!((alert.owner, alert.group_wait), (Owner::Embedded, Duration::from_secs(20)));
    assert_eq!((alert.repeat, alert.unknown_after), (Duration::from_secs(4 * 3600), Duration::from_secs(1800)));
    assert!(!config.metrics.detail && !config.web.insecure);
    assert_eq!(config.report, super::Report::default());
    assert_eq!((config.report.day, config.report.at), (None, MinuteOfDay(6 * 60)));
}

#[test]
fn the_keys_that_the_example_only_shows_are_right_too() {
    let dir = examples(&switched_on(SETTINGS), &switched_on(INVENTORY));
    let config = Config::load(&dir.path().join("camwatch.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(config.store.forward.is_some() && config.web.tls_server_config.is_some());
    assert_eq!(config.web.basic_auth_users[0].0, "admin");
    assert_eq!((config.report.day, config.report.service_life_months), (Some(2), 60));
    assert_eq!(config.report.channel.as_ref().map(ChannelId::as_str), Some("mail"));
}

#[test]
fn every_key_of_the_schema_stands_in_the_examples() {
    fn collect(label: &str, value: &toml::Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
        match value {
            toml::Value::Array(elements) => elements.iter().for_each(|element| collect(label, element, found)),
            toml::Value::Table(table) => {
                for (key, value) in table {
                    found.entry(label.to_owned()).or_default().insert(key.clone());
                    let inner = match (label, value) {
                        ("", toml::Value::Array(_)) => format!("[[{key}]]"),
                        ("", _) => format!("[{key}]"),
                        _ => format!("{key} of {label}"),
                    };
                    collect(&inner, value, found);
                }
            }
            _ => {}
        }
    }
    let both = switched_on(SETTINGS) + &switched_on(INVENTORY);
    let mut found = BTreeMap::new();
    collect("", &toml::Value::Table(both.parse().unwrap()), &mut found);
    // These are known only to be refused.
    for refused in ["password", "secret", "token"] {
        for keys in found.values_mut() {
            keys.insert(refused.to_owned());
        }
    }
    // Stands in a comment beside secret_file, since only one of them may be there.
    found.entry("[[channel]]".to_owned()).or_default().insert("secret_env".to_owned());
    for (label, keys) in SCHEMA {
        for key in *keys {
            assert!(found.get(*label).is_some_and(|keys| keys.contains(*key)), "{key:?} of {label:?} is in no example");
        }
    }
}

#[test]
fn a_cameras_value_comes_before_its_sites_and_that_before_the_probes() {
    let text = format!(
        "[probe]\ninterval = \"40s\"\n{SITE}interval = \"50s\"\ntransport = \"udp\"\nretention = \"30d\"\n{}{}",
        camera(1, ""),
        camera(2, "interval = \"60s\"\ntransport = \"tcp\"\nretention = \"15d\"\ntimeout = \"60s\"")
    );
    let config = parse(&text).unwrap();
    let (one, two) = (&config.inventory.cameras["c1"], &config.inventory.cameras["c2"]);
    assert_eq!((one.interval.as_secs(), one.timeout.as_secs(), one.transport), (50, 10, Transport::Udp));
    assert_eq!((two.interval.as_secs(), two.timeout.as_secs(), two.transport), (60, 60, Transport::Tcp));
    assert_eq!((one.retention.unwrap().as_secs(), two.retention.unwrap().as_secs()), (30 * 86_400, 15 * 86_400));
}

#[test]
fn a_private_place_is_never_looked_at_even_where_all_others_are() {
    let text = format!("[probe]\ndepth = \"picture\"\n{SITE}{}{}", camera(1, "picture = false"), camera(2, ""));
    let cameras = parse(&text).unwrap().inventory.cameras;
    assert_eq!((cameras["c1"].depth, cameras["c1"].picture), (Depth::Frame, false));
    assert_eq!((cameras["c2"].depth, cameras["c2"].picture), (Depth::Picture, true));
}

#[test]
fn an_exact_fit_of_a_dead_sites_probes_is_one() {
    // 6 cameras x 10 s = 30 s x 2: they can all end; a seventh could not. A sum of thirds is not exact.
    let cameras = |count| (1..=count).map(|id| camera(id, "")).collect::<String>();
    let text = |count| format!("[probe]\nmax_concurrent_per_site = 2\n{SITE}{}", cameras(count));
    assert_eq!(parse(&text(6)).unwrap().warnings, []);
    let warnings = parse(&text(7)).unwrap().warnings;
    assert!(texts(&warnings)[0].contains("max_concurrent_per_site of at least 3 (2 now)"), "{warnings:?}");
}

#[test]
fn paths_are_relative_to_the_file_that_names_them() {
    let text = "[daemon]\ndata_dir = \"data\"\n[store]\nurl = \"sqlite:x/ledger.db\"";
    let config = Config::parse(Path::new("/etc/camwatch/camwatch.toml"), text).unwrap();
    assert_eq!(config.daemon.data_dir, Path::new("/etc/camwatch/data"));
    assert_eq!(config.store.path, Path::new("/etc/camwatch/data/x/ledger.db"));
    for absolute in ["sqlite:/srv/ledger.db", "sqlite:///srv/ledger.db"] {
        let config = parse(&format!("[store]\nurl = \"{absolute}\"")).unwrap();
        assert_eq!(config.store.path, Path::new("/srv/ledger.db"));
    }
}

#[test]
fn problems_stand_in_the_order_of_files_and_lines() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("z.toml");
    fs::create_dir(dir.path().join("inventory")).unwrap();
    fs::write(&path, "[probe]\nrecover = 0\nconfirm = 0\n").unwrap();
    fs::write(dir.path().join("inventory/b.toml"), "[[site]]\n").unwrap();
    fs::write(dir.path().join("inventory/a.toml"), "x = 1\n").unwrap();
    fs::write(dir.path().join("inventory/.a.toml.swp.toml"), "garbage").unwrap();
    let problems = Config::load(&path).unwrap_err().0;
    let places: Vec<_> =
        problems.iter().map(|p| (p.file.file_name().unwrap().to_str().unwrap(), p.line, p.column)).collect();
    assert_eq!(places, [("a.toml", 1, 1), ("b.toml", 1, 1), ("z.toml", 2, 11), ("z.toml", 3, 11)]);
}

#[test]
fn the_configuration_is_never_its_own_inventory_and_no_file_is_read_twice() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("camwatch.toml");
    fs::write(&path, "[daemon]\ninventory = [\"*.toml\", \"site.toml\"]\n").unwrap();
    fs::write(dir.path().join("site.toml"), format!("{SITE}{}", camera(1, ""))).unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!((config.inventory.cameras.len(), config.warnings.len()), (1, 0));
}

#[test]
fn text_that_editors_on_windows_write_is_read_and_counted_as_any_other() {
    let problems = parse("\u{feff}[probe]\r\nconfirm = 0\r\n").unwrap_err();
    assert_eq!((problems.0[0].line, problems.0[0].column), (2, 11));
    let problems = parse("\u{feff}probe = 1\r\n").unwrap_err();
    assert_eq!((problems.0[0].line, problems.0[0].column), (1, 9));
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("camwatch.toml");
    fs::write(&path, b"[report]\nissuer = \"X\xe3 M\xf4c Nam\"\n").unwrap();
    let problems = Config::load(&path).unwrap_err();
    assert_eq!((problems.0.len(), problems.0[0].line, problems.0[0].column), (1, 2, 12));
}

#[test]
fn no_message_repeats_a_secret() {
    let text = "[store]\nforward = \"postgre://u:hunter2@h/d\"\nurl = \"hunter2\"\n\
                [web]\nbasic_auth_users = { admin = \"hunter2\" }\n\
                [alert]\nheartbeat_url = \"https://x:hunter2@h/\"\n\
                [[credential]]\nid = \"a\"\nusername = \"u\"\npassword = \"hunter2\"\n\
                [[camera]]\nurl = \"rtsp://u:hunter2@h/\"\nsubstream_url = \"rtsp://admin:hunter2#x@h/\"\n\
                [[channel]]\nid = \"t\"\nkind = \"telegram\"\ntoken = \"hunter2\"\nurl = \"http://hunter2@h\"\n";
    let problems = parse(text).unwrap_err();
    assert!(problems.0.len() >= 9, "{problems}");
    assert!(!problems.to_string().contains("hunter2"), "{problems}");
}

// === secrets ===

fn secrets(directory: Option<&Path>) -> Secrets {
    Secrets {
        directory: directory.map(Path::to_owned),
        variable: |name| (name == "PASSWORD").then(|| "of the variable\n".into()),
    }
}

/// Looks for the secret of credential `nvr`, whose `password_file` is `file`, in a configuration in `dir`.
fn find(dir: &Path, secrets: &Secrets, file: Option<&str>, variable: Option<&str>) -> (Option<String>, Log) {
    let mut log = Log::default();
    let mark = Mark::start(log.add(&dir.join("camwatch.toml"), ""));
    let file = file.map(|path| At { value: FilePath(path.to_owned()), mark });
    let variable = variable.map(|name| At { value: name.to_owned(), mark });
    let named = Named {
        noun: "password",
        id: Some("nvr"),
        file: file.as_ref(),
        variable: variable.as_ref(),
        in_the_open: false,
        entry: mark,
        strict: false,
    };
    (secrets.find(&named, true, &mut log).map(|secret| secret.expose().to_owned()), log)
}

#[test]
fn a_systemd_credential_comes_before_what_is_named_by_file_name_or_id() {
    let dir = TempDir::new().unwrap();
    let credentials = dir.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::write(dir.path().join("secret"), "of the file\n").unwrap();
    let given = secrets(Some(&credentials));

    assert_eq!(find(dir.path(), &given, Some("secret"), None).0.unwrap(), "of the file");
    assert_eq!(find(dir.path(), &given, None, Some("PASSWORD")).0.unwrap(), "of the variable");
    assert_eq!(find(dir.path(), &given, None, None).0, None);
    fs::write(credentials.join("nvr"), "by id\n").unwrap();
    assert_eq!(find(dir.path(), &given, Some("nowhere"), None).0.unwrap(), "by id");
    assert_eq!(find(dir.path(), &given, None, Some("PASSWORD")).0.unwrap(), "by id");
    assert_eq!(find(dir.path(), &given, None, None).0.unwrap(), "by id");
    fs::write(credentials.join("secret"), "by name\n").unwrap();
    assert_eq!(find(dir.path(), &given, Some("secret"), None).0.unwrap(), "by name");
    assert_eq!(find(dir.path(), &secrets(None), Some("secret"), None).0.unwrap(), "of the file");

    // LoadCredential= of a whole directory joins its name and the file's.
    fs::write(credentials.join("secrets_dahua"), "of the directory\n").unwrap();
    assert_eq!(find(dir.path(), &given, Some("../secrets/dahua"), None).0.unwrap(), "of the directory");
}

#[test]
fn a_secret_that_every_user_may_read_and_one_that_is_empty_are_warned_of() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("secret");
    fs::write(&path, "\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (secret, log) = find(dir.path(), &secrets(None), Some("secret"), None);
    assert_eq!(secret.unwrap(), "");
    let warnings = log.verdict().unwrap();
    let (open, empty) = (&warnings[1].text, &warnings[0].text);
    assert!(open.contains("is open to every user (mode 0644), expected 0600: chmod 600 "), "{open}");
    assert!(empty.contains("is empty"), "{empty}");

    fs::write(&path, "pass\nword").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let (secret, log) = find(dir.path(), &secrets(None), Some("secret"), None);
    assert_eq!((secret.unwrap().as_str(), log.verdict().unwrap()), ("pass\nword", Vec::new()));
}

// === hostile text ===

fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<proptest::sample::Index>(), 0..12usize, "[\\[\\]\"'=.,{}#\n\r\ta-z0-9ộ:/@-]{0,6}");
    proptest::collection::vec(edit, 1..8).prop_map(|edits| {
        let mut text: Vec<char> = (SETTINGS.to_owned() + INVENTORY).chars().collect();
        for (at, cut, insert) in edits {
            let start = at.index(text.len());
            let end = (start + cut).min(text.len());
            text.splice(start..end, insert.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic_and_every_problem_has_a_place_in_it(text in mutated()) {
        if let Err(Problems(problems)) = parse(&text) {
            prop_assert!(!problems.is_empty());
            let lines: Vec<_> = text.split('\n').collect();
            for problem in problems {
                let line = lines.get(problem.line - 1);
                prop_assert!(line.is_some_and(|line| problem.column <= line.chars().count() + 1), "{problem}");
            }
        }
    }

    #[test]
    fn nor_does_any_noise(text in "[\\[\\]\"'=.,{}# \n\ta-z0-9]{0,200}") {
        let _ = parse(&text);
    }

    /// Whatever a duration is written as, it reads back as what it says.
    #[test]
    fn durations_read_back(seconds in 1..3_000_000_000_u64) {
        use super::read::Text as _;
        let duration = Duration::from_secs(seconds);
        prop_assert_eq!(Duration::from_text(&super::value::written(duration)), Ok(duration));
    }
}
