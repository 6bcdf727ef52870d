//! The commune that the demo shows: 32 funded cameras on six sites with a recorder each, 140 private ones, all invented.
//!
//! What stands where, and the inventory that says so. Knows simulated cameras; decides nothing.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::simulate::recorder::Login;
use crate::simulate::{Auth, CameraOptions, Codec, Fleet, RecorderKind, RecorderOptions, SimulateError};

/// The bridge's site, whose line is cut.
pub(super) const BRIDGE: &str = "yen-lenh";
/// The account of the health station's cameras, whose password is changed.
pub(super) const CHANGING_CREDENTIAL: &str = "tram-y-te";
pub(super) const USERNAME: &str = "monitor";
/// The account of the dyke's recorder, whose password in the configuration is an old one: refused once, then left alone.
const REFUSED_CREDENTIAL: &str = "dau-ghi-de";
const REFUSED_SITE: &str = "de-song-hong";
/// The site whose recorder holds far less than is required, and how many days.
const SHORT_SITE: &str = "do-quan";
const SHORT_DAYS: f64 = 9.0;
/// What the others hold; 30 days are required.
const HELD_DAYS: f64 = 31.0;
/// When the commune's cameras were put up, long before what is required of their recordings.
const INSTALLED: &str = "2023-08-17";

/// The channel on which those on duty are told.
const PHONE: &str = "dien-thoai";
/// On duty, told when nobody acknowledges, and who looks after the monitor.
const OFFICERS: [(&str, &str); 3] = [
    ("truc-ban", "Trực ban công an xã"),
    ("truong-cong-an", "Trưởng công an xã"),
    ("can-bo-it", "Cán bộ công nghệ thông tin xã"),
];

/// One site and who paid for its cameras.
struct Place {
    id: String,
    /// Begins the ids of its cameras.
    prefix: String,
    village: &'static str,
    name: String,
    fund: String,
    credential: Option<&'static str>,
    cameras: Vec<String>,
    recorder: Option<RecorderKind>,
    /// Whether pictures may be looked at.
    picture: bool,
    /// Degrees north and east, for sites that a map shows.
    position: Option<(f64, f64)>,
}

struct Fund {
    id: String,
    kind: &'static str,
    name: String,
    amount_vnd: Option<u64>,
}

/// Id, beginning of its cameras' ids, village, name, position, cameras.
type PublicSite = (&'static str, &'static str, &'static str, &'static str, (f64, f64), &'static [&'static str]);
/// Id, kind of fund, village, name, credential or nothing, cameras.
type Institution = (&'static str, &'static str, &'static str, &'static str, &'static str, [&'static str; 2]);

/// Sites of the commune's own cameras: 8 + 5 + 5 + 5 + 5 + 4 = 32.
#[rustfmt::skip]
const PUBLIC: &[PublicSite] = &[
    (BRIDGE, "yl", "Yên Lệnh", "Cụm camera cầu Yên Lệnh", (20.6613, 106.0330), &[
        "Cầu Yên Lệnh, chiều đi Hưng Yên", "Cầu Yên Lệnh, chiều về Hà Nam", "Cầu Yên Lệnh, giữa cầu",
        "Gầm cầu phía thượng lưu", "Gầm cầu phía hạ lưu", "Đường dẫn lên cầu", "Vòng xuyến chân cầu",
        "Nút giao quốc lộ 38",
    ]),
    ("ubnd", "tt", "Yên Ninh", "Trụ sở UBND xã", (20.6529, 106.0187), &[
        "Cổng UBND xã", "Ngã tư UBND xã", "Sân vận động xã", "Đường liên xã phía bắc", "Đường liên xã phía nam",
    ]),
    ("cho-moc", "cm", "Nha Xá", "Chợ Mộc Nam", (20.6574, 106.0246), &[
        "Cổng chính chợ", "Bãi gửi xe chợ", "Dãy hàng lụa", "Ngã ba chợ", "Đường ra bến đò",
    ]),
    ("lanh-tri", "lt", "Lảnh Trì", "Thôn Lảnh Trì", (20.6662, 106.0271), &[
        "Cổng làng Lảnh Trì", "Đền Lảnh Giang", "Nhà văn hóa thôn Lảnh Trì", "Ngã ba giếng làng", "Đường ra đê",
    ]),
    ("do-quan", "dq", "Đô Quan", "Thôn Đô Quan", (20.6481, 106.0102), &[
        "Cổng làng Đô Quan", "Nhà văn hóa thôn Đô Quan", "Trạm bơm Đô Quan", "Ngã tư cây đa", "Đường ra đồng Mả Cao",
    ]),
    ("de-song-hong", "de", "Nha Xá", "Đê sông Hồng", (20.6691, 106.0214), &[
        "Đê sông Hồng, K129", "Đê sông Hồng, điếm canh số 4", "Dốc đê Nha Xá", "Bến đò Nha Xá",
    ]),
];

/// Agencies, companies and schools: 6 x 2 = 12 cameras.
#[rustfmt::skip]
const INSTITUTIONS: &[Institution] = &[
    ("thcs", "school", "Yên Ninh", "Trường THCS Mộc Nam", "", ["Cổng trường THCS", "Sân trường THCS"]),
    ("tieu-hoc", "school", "Yên Ninh", "Trường Tiểu học Mộc Nam", "", ["Cổng trường tiểu học", "Nhà để xe giáo viên"]),
    (CHANGING_CREDENTIAL, "agency", "Yên Ninh", "Trạm y tế xã", CHANGING_CREDENTIAL, ["Cổng trạm y tế", "Sân trạm y tế"]),
    ("quy-tin-dung", "company", "Nha Xá", "Quỹ tín dụng nhân dân Mộc Nam", "", ["Cửa quỹ tín dụng", "Vỉa hè quỹ tín dụng"]),
    ("lua-nha-xa", "company", "Nha Xá", "Công ty TNHH Lụa Nha Xá", "", ["Cổng xưởng dệt", "Bãi xe xưởng dệt"]),
    ("htx", "agency", "Đô Quan", "Hợp tác xã nông nghiệp", "", ["Kho vật tư", "Cổng hợp tác xã"]),
];

/// Households: 48 with two cameras, 32 with one, 128 in all.
const HOUSEHOLDS: usize = 80;
const HOUSEHOLDS_WITH_TWO: usize = 48;
const VILLAGES: [&str; 5] = ["Yên Lệnh", "Yên Ninh", "Nha Xá", "Lảnh Trì", "Đô Quan"];
const FAMILY: [&str; 10] = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô"];
const GIVEN: [&str; 8] = ["Hùng", "Dũng", "Tuấn", "Hải", "Lan", "Hoa", "Hương", "Mai"];

fn places() -> (Vec<Place>, Vec<Fund>) {
    let mut places = Vec::new();
    let mut funds = vec![Fund {
        id: "commune-2023".into(),
        kind: "commune",
        name: "Ngân sách xã và xã hội hóa 2023".into(),
        amount_vnd: Some(200_000_000),
    }];
    for (number, (id, prefix, village, name, position, cameras)) in PUBLIC.iter().enumerate() {
        places.push(Place {
            id: (*id).into(),
            prefix: (*prefix).into(),
            village,
            name: (*name).into(),
            fund: "commune-2023".into(),
            credential: Some("xa"),
            cameras: cameras.iter().map(|name| (*name).to_owned()).collect(),
            recorder: Some(RecorderKind::ALL[number % RecorderKind::ALL.len()]),
            picture: true,
            position: Some(*position),
        });
    }
    for (id, kind, village, name, credential, cameras) in INSTITUTIONS {
        funds.push(Fund { id: (*id).into(), kind, name: (*name).into(), amount_vnd: None });
        places.push(Place {
            id: (*id).into(),
            prefix: (*id).into(),
            village,
            name: (*name).into(),
            fund: (*id).into(),
            credential: (!credential.is_empty()).then_some(*credential),
            cameras: cameras.iter().map(|name| (*name).to_owned()).collect(),
            recorder: None,
            picture: true,
            position: None,
        });
    }
    for number in 0..HOUSEHOLDS {
        let id = format!("ho-{:02}", number + 1);
        // Each pair of names occurs once: 10 families by 8 given names.
        let title = if number % GIVEN.len() < 4 { "ông" } else { "bà" };
        let name = format!("Hộ {title} {} {}", FAMILY[number / GIVEN.len()], GIVEN[number % GIVEN.len()]);
        funds.push(Fund { id: id.clone(), kind: "household", name: name.clone(), amount_vnd: None });
        let cameras: &[&str] =
            if number < HOUSEHOLDS_WITH_TWO { &["Cổng nhà", "Ngõ trước nhà"] } else { &["Cổng nhà"] };
        places.push(Place {
            prefix: id.clone(),
            village: VILLAGES[number % VILLAGES.len()],
            name,
            fund: id.clone(),
            id,
            credential: None,
            cameras: cameras.iter().map(|name| (*name).to_owned()).collect(),
            recorder: None,
            picture: false,
            position: None,
        });
    }
    (places, funds)
}

/// The passwords that its devices know, by credential, but for the refused one.
pub(super) const PASSWORDS: &[(&str, &str)] =
    &[("xa", "cau-yen-lenh"), (CHANGING_CREDENTIAL, "suc-khoe-1"), (REFUSED_CREDENTIAL, "mat-khau-cu")];

/// Builds all of it: cameras in the fleet, and the inventory that describes them as TOML.
pub(super) async fn build(fleet: &Fleet) -> Result<String, SimulateError> {
    let (places, funds) = places();
    let mut toml = String::from("[[commune]]\nid = \"moc-nam\"\nname = \"Xã Mộc Nam\"\nprovince = \"Hà Nam\"\n");
    for (id, _) in PASSWORDS {
        let _ = write!(
            toml,
            "\n[[credential]]\nid = \"{id}\"\nusername = \"{USERNAME}\"\npassword_file = \"secrets/{id}\"\n"
        );
    }
    for fund in &funds {
        let _ =
            write!(toml, "\n[[fund]]\nid = \"{}\"\nkind = \"{}\"\nname = {}\n", fund.id, fund.kind, quoted(&fund.name));
        if let Some(amount) = fund.amount_vnd {
            let _ = writeln!(toml, "amount_vnd = {amount}\ntarget_uptime = 0.98");
        }
    }
    let mut number = 0;
    for place in &places {
        let mut cameras = String::new();
        let recorder = format!("{}-nvr", place.prefix);
        for (i, name) in place.cameras.iter().enumerate() {
            let id = format!("{}-{:02}", place.prefix, i + 1);
            let codec = match number % 11 {
                3 | 7 => Codec::H265,
                9 => Codec::H265OpenGop,
                10 => Codec::Mjpeg,
                _ => Codec::H264,
            };
            number += 1;
            let mut options = CameraOptions::named(&id).site(&place.id).codec(codec);
            options.path = Some("/Streaming/Channels/101".into());
            options.auth = place.credential.map(|credential| Auth::new(USERNAME, password(credential)));
            let camera = fleet.add(options).await?;
            let _ = write!(
                cameras,
                "\n[[camera]]\nid = \"{id}\"\nsite = \"{}\"\nname = {}\nurl = \"{}\"\nfund = \"{}\"\n",
                place.id,
                quoted(name),
                camera.url(),
                place.fund
            );
            if let Some(credential) = place.credential {
                let _ = writeln!(cameras, "credential = \"{credential}\"");
            }
            if !place.picture {
                cameras.push_str("picture = false\n");
            }
            if place.recorder.is_some() {
                let _ = write!(
                    cameras,
                    "recorder = \"{recorder}\"\nchannel = {}\ninstalled = {INSTALLED}\nretention = \"30d\"\n",
                    i + 1
                );
            }
        }
        let _ = write!(
            toml,
            "\n[[site]]\nid = \"{}\"\ncommune = \"moc-nam\"\nvillage = {}\nname = {}\n",
            place.id,
            quoted(place.village),
            quoted(&place.name)
        );
        if let Some((north, east)) = place.position {
            let _ = writeln!(toml, "latitude = {north}\nlongitude = {east}");
        }
        if let Some(gateway) = fleet.gateway(&place.id).filter(|_| place.id == BRIDGE) {
            let _ = writeln!(toml, "gateway = \"{gateway}\"");
        }
        if let Some(kind) = place.recorder {
            toml.push_str(&add_recorder(fleet, place, &recorder, kind).await?);
        }
        toml.push_str(&cameras);
    }
    Ok(toml)
}

/// Those on duty, and the phone on which they are told.
pub(super) fn roster(phone: SocketAddr) -> String {
    let mut toml = format!("\n[[channel]]\nid = \"{PHONE}\"\nkind = \"webhook\"\nurl = \"http://{phone}/\"\n");
    for (id, name) in OFFICERS {
        let _ = write!(toml, "\n[[officer]]\nid = \"{id}\"\nname = {}\nchannels = [\"{PHONE}\"]\n", quoted(name));
    }
    for (role, officer, escalate) in [("officer", OFFICERS[0].0, OFFICERS[1].0), ("it", OFFICERS[2].0, OFFICERS[1].0)] {
        let _ = write!(
            toml,
            "\n[[duty]]\nrole = \"{role}\"\nscope = \"commune\"\nid = \"moc-nam\"\n\
             week = [{{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", officers = [\"{officer}\"] }}]\n\
             escalate = [{{ after = \"1m\", officers = [\"{escalate}\"] }}]\n"
        );
    }
    toml
}

/// Puts a place's recorder into the fleet; gives back its entry.
async fn add_recorder(fleet: &Fleet, place: &Place, id: &str, kind: RecorderKind) -> Result<String, SimulateError> {
    let (credential, password) =
        if place.id == REFUSED_SITE { (REFUSED_CREDENTIAL, "mat-khau-moi") } else { ("xa", password("xa")) };
    let mut options = RecorderOptions::named(id)
        .site(&place.id)
        .manner(kind)
        .channels(place.cameras.len())
        .held_days(if place.id == SHORT_SITE { SHORT_DAYS } else { HELD_DAYS })
        .login(Login::new(USERNAME, password));
    for (channel, name) in options.channels.iter_mut().zip(&place.cameras) {
        channel.name.clone_from(name);
    }
    let recorder = fleet.recorder(options).await?;
    // On loopback a device may be asked more often than the default has it for real ones.
    Ok(format!(
        "\n[[recorder]]\nid = \"{id}\"\nsite = \"{}\"\nkind = \"{}\"\nurl = \"{}\"\ncredential = \"{credential}\"\n\
         requests_per_minute = 600\n",
        place.id,
        kind.as_str(),
        recorder.url()
    ))
}

fn password(credential: &str) -> &'static str {
    PASSWORDS.iter().find(|(id, _)| *id == credential).map_or("", |(_, password)| password)
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{build, places, roster};
    use crate::simulate::{Fleet, FleetOptions};

    #[test]
    fn the_commune_has_32_funded_cameras_on_6_sites_12_of_institutions_and_128_of_households() {
        let (places, funds) = places();
        let kinds: BTreeMap<_, _> = funds.iter().map(|fund| (fund.id.clone(), fund.kind)).collect();
        let mut cameras: BTreeMap<_, usize> = BTreeMap::new();
        for place in &places {
            let group = match kinds[&place.fund] {
                kind @ ("commune" | "household") => kind,
                _ => "institution",
            };
            *cameras.entry(group).or_default() += place.cameras.len();
        }
        assert_eq!(cameras, BTreeMap::from([("commune", 32), ("institution", 12), ("household", 128)]));
        assert_eq!(places.iter().filter(|place| place.fund == "commune-2023").count(), 6);
    }

    #[tokio::test]
    async fn its_inventory_is_one_that_camwatch_reads() {
        let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
        let inventory = build(&fleet).await.unwrap() + &roster(([127, 0, 0, 1], 9).into());
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("camwatch.toml");
        for (id, password) in super::PASSWORDS {
            crate::cli::simulate::write_secret(&directory.path().join("secrets").join(id), password).unwrap();
        }
        let config = crate::config::Config::parse(&file, &inventory).unwrap();
        assert_eq!((config.inventory.cameras.len(), config.inventory.recorders.len()), (172, 6));
        let bound = config.inventory.cameras.values().filter(|camera| camera.recorder.is_some()).count();
        assert_eq!(bound, 32);
        let funded = config.inventory.cameras.values().filter(|camera| config.inventory.is_funded(camera)).count();
        assert_eq!(funded, 32);
        assert_eq!(config.warnings, []);
    }
}
