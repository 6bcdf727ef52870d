//! Answers of real devices, read where they lie: their licences do not let them into this repository.
//!
//! `CAMWATCH_DEVICE_FIXTURES` names a folder with `hikvision`, `dahua` and `onvif` in it. Where it is not set there is
//! nothing to show, and the shapes are held by fixtures of our own in the tests of each dialect.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use camwatch::device::exchange::{Answer, Exchange, Login, Request, Sign, Trouble};
use camwatch::device::finding::{Finding, Why, Wish, WishDepth};
use camwatch::device::key_value::KeyValues;
use camwatch::device::xml::Tree;
use camwatch::device::{dahua, hikvision, onvif};
use camwatch::inventory::{Credential, CredentialId};
use camwatch::observation::{DiskStatus, RecordMode};
use camwatch::secret::Secret;
use hikvision::search::Month;
use hikvision::{channels, search, storage, system, words};
use jiff::Timestamp;
use jiff::civil::{date, datetime};
use serde_json::Value;

fn folder(dialect: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CAMWATCH_DEVICE_FIXTURES")?;
    Some(Path::new(&folder).join(dialect))
}

fn is_json(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension == "json")
}

/// Every file of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let found: BTreeMap<String, Vec<u8>> = entries
        .map(|entry| {
            let path = entry.expect("a directory entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        })
        .collect();
    assert!(!found.is_empty(), "{} holds fixtures", folder.display());
    found
}

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer {
        status,
        content_type: String::new(),
        body: body.to_vec(),
        challenged: false,
        sent: Timestamp::UNIX_EPOCH,
        took: Duration::ZERO,
    }
}

/// XML out of what `xmltodict` made of it: `@name` attributes, `#text` text, lists of equal names.
fn xml(name: &str, value: &Value, out: &mut String) {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    match value {
        Value::Array(rows) => rows.iter().for_each(|row| xml(name, row, out)),
        Value::Object(members) => {
            write!(out, "<{name}").unwrap();
            for (key, value) in members.iter().filter(|(key, _)| key.starts_with('@')) {
                write!(out, " {}=\"{}\"", &key[1..], escape(value.as_str().unwrap_or_default())).unwrap();
            }
            out.push('>');
            for (key, value) in members.iter().filter(|(key, _)| !key.starts_with('@')) {
                match key.as_str() {
                    "#text" => out.push_str(&escape(value.as_str().unwrap_or_default())),
                    key => xml(key, value, out),
                }
            }
            write!(out, "</{name}>").unwrap();
        }
        Value::Null => write!(out, "<{name}/>").unwrap(),
        Value::String(text) => write!(out, "<{name}>{}</{name}>", escape(text)).unwrap(),
        other => write!(out, "<{name}>{other}</{name}>").unwrap(),
    }
}

/// Reads an answer by the path that it is of, and says what it came to.
fn read_hikvision(path: &str, answer: &Answer) -> Result<usize, Why> {
    Ok(match path {
        "System/deviceInfo" => {
            let (device, _) = system::device(answer)?;
            assert!(device.model.is_some() && device.firmware.is_some(), "{device:?}");
            assert!(!device.serial.as_deref().unwrap_or("-").contains('-'), "{device:?}");
            1
        }
        "ContentMgmt/Storage" => {
            let storage = storage::storage(answer)?;
            assert!(storage.unknown_words.is_empty(), "{:?}", storage.unknown_words);
            storage.disks.len()
        }
        "ContentMgmt/InputProxy/channels" => channels::proxies(answer)?.len(),
        "ContentMgmt/InputProxy/channels/status" => channels::proxy_states(answer)?.len(),
        "System/Video/inputs/channels" => channels::inputs(answer)?.len(),
        "Streaming/channels" => {
            let rates = channels::bit_rates(answer)?;
            assert!(rates.values().all(|rate| (100_000..100_000_000).contains(rate)), "{rates:?}");
            rates.len()
        }
        _ => {
            let tree = Tree::parse(&answer.body).map_err(|error| Why::Unreadable(error.to_string()))?;
            tree.root().descendants().count()
        }
    })
}

#[test]
fn answers_of_hikvision_devices_as_json_are_read() {
    let Some(folder) = folder("hikvision") else { return };
    let mut read = BTreeMap::new();
    for (name, bytes) in files(&folder).iter().filter(|(name, _)| name.starts_with("DS-") && is_json(name)) {
        let document: Value = serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let paths = document["data"]["ISAPI"].as_object().unwrap_or_else(|| panic!("{name} has paths"));
        for (path, saved) in paths {
            let case = format!("{name} {path}");
            if let Some(status) = saved["status_code"].as_u64() {
                let refused = answer(u16::try_from(status).expect("a status"), b"");
                let why = read_hikvision(path, &refused).expect_err(&case);
                let expected =
                    matches!(why, Why::NoPermission | Why::NotSupported | Why::DeviceError(_) | Why::Unreadable(_));
                assert!(expected, "{case}: {why:?}");
                continue;
            }
            let Some(response) = saved["response"].as_object() else { continue };
            let mut body = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
            for (root, value) in response {
                xml(root, value, &mut body);
            }
            let count =
                read_hikvision(path, &answer(200, body.as_bytes())).unwrap_or_else(|why| panic!("{case}: {why}"));
            *read.entry(path.clone()).or_insert(0) += count;
        }
    }
    for path in ["System/deviceInfo", "ContentMgmt/Storage", "ContentMgmt/InputProxy/channels"] {
        assert!(read.get(path).is_some_and(|count| *count > 0), "{path} was among them: {read:?}");
    }
}

#[test]
fn every_other_hikvision_answer_is_read() {
    let Some(folder) = folder("hikvision") else { return };
    let november = Month { year: 2026, month: 11 };
    for (name, bytes) in files(&folder) {
        let ok = answer(200, &bytes);
        match name.as_str() {
            name if name.starts_with("DS-") => {}
            "deviceInfo_ipc1.xml" => {
                let (device, kind) = system::device(&ok).unwrap();
                assert_eq!(kind, system::Kind::Camera);
                assert_eq!(device.model.as_deref(), Some("DS-2CD2386G2-IU"));
                assert_eq!(device.firmware.as_deref(), Some("V5.7.18 build 240826"));
                assert_eq!(device.serial.as_deref(), Some("DS2CD2386G2IU00000000AAWRJ00000000"));
            }
            "hdd1.xml" => {
                let storage = storage::storage(&ok).unwrap();
                let [disk] = storage.disks.as_slice() else { panic!("one disk: {storage:?}") };
                assert_eq!((disk.status, disk.capacity_bytes), (DiskStatus::Ok, Some(1_907_729 << 20)));
                assert!(storage.quota);
            }
            "inputproxy_status.xml" => {
                let states = channels::proxy_states(&ok).unwrap();
                let online: Vec<_> = states.iter().map(|(number, listed)| (*number, listed.online)).collect();
                assert_eq!(online, [(1, Some(true)), (2, Some(false)), (4, None), (10, Some(false))]);
            }
            "record_track_101_cmr.xml" => {
                let schedules = channels::schedules(&ok).unwrap();
                // Trimmed to Monday and Sunday, so that the week is not full.
                assert_eq!(schedules.modes, BTreeMap::from([(1, RecordMode::Event)]));
                assert!(schedules.unknown_words.is_empty());
            }
            "search_max1_oldest_first.xml" => {
                let page = search::page(&ok, 301).unwrap();
                assert_eq!(page.segments[0].start, datetime(2026, 8, 8, 12, 48, 44, 0));
                assert_eq!(page.segments.len(), 1, "whatever the counts say");
                assert!(page.more);
            }
            "search_no_matches.xml" => assert_eq!(search::page(&ok, 101), Ok(search::Page::default())),
            "search_wide_window_http500.xml" | "deviceError.xml" => {
                let Err(words::NoDocument::Fault(fault)) = search::page(&answer(500, &bytes), 101) else {
                    panic!("{name}")
                };
                assert!(fault.is_failure() && !fault.is_wording());
            }
            "badXmlContent.xml" => {
                let Err(words::NoDocument::Fault(fault)) = search::page(&answer(400, &bytes), 101) else {
                    panic!("{name}")
                };
                assert!(fault.is_wording() && !fault.is_failure());
            }
            "dailyDistribution_shape.xml" => {
                let days: Vec<_> = search::calendar(&ok, november).unwrap().into_iter().collect();
                let expected = [(1, true), (2, true), (3, false), (4, false)].map(|(day, r)| (date(2026, 11, day), r));
                assert_eq!(days, expected);
            }
            "time_plain.xml" => assert_eq!(system::time(&ok, 0), Ok(datetime(2026, 7, 13, 19, 14, 8, 0))),
            "time_wrong_offset_dst.xml" | "time_localTime_plain.txt" => {
                assert_eq!(system::time(&ok, 0), Ok(datetime(2026, 9, 9, 7, 24, 29, 0)));
            }
            "userCheck_401_locked.xml" => {
                let sign = (hikvision::manner().sign)(&answer(401, &bytes));
                assert_eq!(sign, Sign::Locked(Some(Duration::from_secs(1785))));
            }
            "http401_real.http" => {
                let text = String::from_utf8(bytes).unwrap();
                let (_, body) =
                    text.split_once("\n\n").or_else(|| text.split_once("\r\n\r\n")).expect("a head and a body");
                assert_eq!((hikvision::manner().sign)(&answer(401, body.as_bytes())), Sign::Nothing);
            }
            "workingstatus.json" => {
                let working = system::working(&ok).unwrap();
                let recording: Vec<_> = working.channels.values().map(|channel| channel.recording).collect();
                assert_eq!(recording, [Some(true), Some(false)]);
                assert_eq!(working.disks[0].capacity_bytes, Some(1_907_729 << 20));
            }
            // Read by nobody yet, such as `userCheck_ok.xml` and `illegalLoginLock.xml`: XML all the same.
            name => assert!(Tree::parse(&bytes).is_ok(), "{name}"),
        }
    }
}

#[test]
fn every_dahua_answer_is_read() {
    let Some(folder) = folder("dahua") else { return };
    for (name, bytes) in files(&folder) {
        let ok = answer(200, &bytes);
        let sign = |status| (dahua::manner().sign)(&answer(status, &bytes));
        match name.as_str() {
            "getCurrentTime.txt" => assert_eq!(dahua::answers::time(&ok), Ok(datetime(2026, 9, 9, 6, 24, 26, 0))),
            "getDeviceAllInfo_608H_ok.txt" => {
                let found = dahua::answers::disks(&ok).unwrap();
                let [disk] = found.disks.as_slice() else { panic!("one disk: {found:?}") };
                assert_eq!((disk.id.as_str(), disk.status), ("/dev/sda", DiskStatus::Ok));
                assert_eq!(disk.capacity_bytes, Some(2_495_680_086_016 + 2_495_677_988_864));
                assert_eq!(disk.free_bytes, Some(0));
            }
            "getDeviceAllInfo_documented_shape.txt" => {
                let found = dahua::answers::disks(&ok).unwrap();
                assert_eq!(found.disks.len(), 1);
                assert_eq!(found.disks[0].capacity_bytes, Some(2_000_398_934_016));
            }
            "findNextFile_timing.txt" => {
                let items = dahua::answers::items(&ok).unwrap();
                assert_eq!(items.len(), 2);
                assert_eq!(items[0].start, datetime(2026, 4, 28, 1, 58, 16, 0));
                assert_eq!((items[1].channel, items[1].picture), (Some(0), false));
            }
            "http403_locked.json" => assert_eq!(sign(403), Sign::Locked(Some(Duration::from_secs(1800)))),
            "http403_authority.json" => {
                assert_eq!(sign(403), Sign::Nothing);
                assert_eq!(dahua::answers::switches(&answer(403, &bytes)), Err(Why::NoPermission));
            }
            "rpc2_login_fail.json" => assert_eq!(sign(200), Sign::TriesLeft(2)),
            name => assert!(KeyValues::parse(&bytes).is_ok_and(|values| !values.is_empty()), "{name}"),
        }
    }
}

/// Answers SOAP requests with what one device answered to the same operation.
struct Saved {
    /// Operation, status and body.
    answers: BTreeMap<String, (u16, Vec<u8>)>,
}

impl Exchange for Saved {
    async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
        let body = match request.login {
            Login::Token(make) => {
                let credential = Credential {
                    id: CredentialId::new("fixture").expect("an id"),
                    username: "monitor".to_owned(),
                    password: Secret::new("none"),
                };
                make(&credential)
            }
            _ => request.body,
        };
        let text = String::from_utf8_lossy(&body).into_owned();
        let asked = |operation: &str| {
            let at = text.find(operation).map(|at| at + operation.len());
            at.is_some_and(|at| !text[at..].starts_with(|c: char| c.is_ascii_alphanumeric()))
        };
        let saved = self.answers.iter().find(|(operation, _)| asked(operation)).map(|(_, saved)| saved.clone());
        let (status, body) = saved.unwrap_or((500, Vec::new()));
        Ok(answer(status, &body))
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

async fn poll_onvif(answers: BTreeMap<String, (u16, Vec<u8>)>) -> Finding {
    let wish = Wish {
        depth: WishDepth::Scan,
        channels: vec![1],
        days: (date(2026, 11, 1), date(2026, 11, 3)),
        zone_offset_seconds: 0,
    };
    onvif::poll(&mut Saved { answers }, &mut onvif::Memory::default(), &wish).await
}

#[tokio::test]
async fn every_onvif_answer_is_read() {
    let Some(folder) = folder("onvif") else { return };
    // `DEVICE__OPERATION__httpSTATUS.xml`
    let mut devices: BTreeMap<String, BTreeMap<String, (u16, Vec<u8>)>> = BTreeMap::new();
    for (name, bytes) in files(&folder) {
        assert!(Tree::parse(&bytes).is_ok(), "{name}");
        if let [device, operation, status] = name.trim_end_matches(".xml").split("__").collect::<Vec<_>>().as_slice() {
            let status = status.trim_start_matches("http").parse().unwrap_or_else(|e| panic!("{name}: {e}"));
            devices.entry((*device).to_owned()).or_default().insert((*operation).to_owned(), (status, bytes));
        }
    }
    for (device, answers) in devices {
        let refused = answers.values().any(|(status, _)| *status != 200);
        let operations: Vec<String> = answers.keys().cloned().collect();
        let finding = poll_onvif(answers).await;
        if refused {
            assert_eq!(finding.device.yes(), None, "{device}: {finding:?}");
            continue;
        }
        let told = finding.device.yes().unwrap_or_else(|| panic!("{device}: {finding:?}"));
        assert!(told.vendor.is_some() && told.model.is_some() && told.firmware.is_some(), "{told:?}");
        if operations.iter().any(|operation| operation == "GetSystemDateAndTime") {
            assert!(finding.clock.yes().is_some(), "{device}: {finding:?}");
        }
        if operations.iter().any(|operation| operation == "GetProfiles") {
            assert!(finding.channels.yes().is_some_and(|channels| !channels.is_empty()), "{device}: {finding:?}");
        }
    }
}
