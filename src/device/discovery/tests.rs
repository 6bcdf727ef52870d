//! Answers of strangers: what is taken from them, and what not.

use proptest::prelude::*;

use super::*;

const SENDER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 20, 1, 11));

fn questions() -> Questions {
    Questions::new()
}

/// An answer as cameras give it.
fn answer(relates_to: &str, types: &str, scopes: &str, addresses: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:wsadis="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><env:Header><wsadis:MessageID>urn:uuid:1f0c2a5e-0000-4000-8000-000000000001</wsadis:MessageID><wsadis:RelatesTo>{relates_to}</wsadis:RelatesTo><wsadis:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsadis:To><wsadis:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsadis:Action></env:Header><env:Body><d:ProbeMatches><d:ProbeMatch><wsadis:EndpointReference><wsadis:Address>urn:uuid:5a3c</wsadis:Address></wsadis:EndpointReference><d:Types>{types}</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{addresses}</d:XAddrs><d:MetadataVersion>10</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"#
    )
}

const SCOPES: &str = "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/hardware/DS-2CD2146G2 onvif://www.onvif.org/name/C%E1%BB%95ng%20tr%C6%B0%E1%BB%9Dng onvif://www.onvif.org/location/country/vietnam onvif://www.onvif.org/Profile/Streaming";

fn one(types: &str, scopes: &str, addresses: &str) -> Option<Discovered> {
    let questions = questions();
    let answer = answer(&format!("uuid:{}", questions.ids[0].to_uppercase()), types, scopes, addresses);
    matches(answer.as_bytes(), SENDER, &questions).pop()
}

#[test]
fn a_camera_says_where_it_is_and_what_people_called_it() {
    let found =
        one("dn:NetworkVideoTransmitter tds:Device", SCOPES, "http://10.20.1.11:8000/onvif/device_service").unwrap();
    assert_eq!(found.service.as_str(), "http://10.20.1.11:8000/onvif/device_service");
    assert_eq!(found.name.as_deref(), Some("Cổng trường"));
    assert_eq!(found.hardware.as_deref(), Some("DS-2CD2146G2"));
    assert_eq!(found.location.as_deref(), Some("country/vietnam"));
    assert!(!found.says_recorder);
    let recorder = one("tds:Device", "onvif://www.onvif.org/type/NetworkVideoStorage", "http://10.20.1.11/x").unwrap();
    assert!(recorder.says_recorder);
}

#[test]
fn an_address_that_we_could_not_reach_is_replaced_by_that_of_who_answered() {
    for (addresses, taken) in [
        (
            "http://[fe80::1]/onvif/device_service http://10.20.1.11/onvif/device_service",
            "http://10.20.1.11/onvif/device_service",
        ),
        ("http://192.168.1.64/onvif/d http://10.20.1.11:81/onvif/d", "http://10.20.1.11:81/onvif/d"),
        ("http://192.168.1.64/onvif/d", "http://192.168.1.64/onvif/d"),
        ("http://[2001:db8::7]/onvif/d", "http://[2001:db8::7]/onvif/d"),
        ("http://0.0.0.0:8899/onvif/d", "http://10.20.1.11:8899/onvif/d"),
        ("http://127.0.0.1/onvif/d", "http://10.20.1.11/onvif/d"),
        ("http://169.254.3.4/onvif/d", "http://10.20.1.11/onvif/d"),
        ("http://[fe80::1%25eth0]/onvif/d", "http://10.20.1.11/onvif/device_service"),
        ("http://localhost/onvif/d", "http://10.20.1.11/onvif/d"),
        ("", "http://10.20.1.11/onvif/device_service"),
        ("no address at all", "http://10.20.1.11/onvif/device_service"),
        ("ftp://10.0.0.1/ javascript:alert(1) http://user:pw@10.0.0.1/", "http://10.20.1.11/onvif/device_service"),
    ] {
        let found = one("dn:NetworkVideoTransmitter", SCOPES, addresses).unwrap();
        assert_eq!(found.service.as_str(), taken, "{addresses}");
    }
}

#[test]
fn answers_to_others_and_of_what_is_no_onvif_device_are_passed_over() {
    let questions = questions();
    let other = answer("urn:uuid:another", "dn:NetworkVideoTransmitter", SCOPES, "http://10.20.1.11/");
    assert_eq!(matches(other.as_bytes(), SENDER, &questions), []);
    assert_eq!(one("wsdp:Device pub:Computer", "", "http://10.20.1.11/"), None, "a printer");
    assert!(one("", SCOPES, "http://10.20.1.11/").is_some(), "its scopes say ONVIF");
    for body in ["", "<a/>", "M-SEARCH * HTTP/1.1", "<e:Envelope><e:Body><ProbeMatches/></e:Body></e:Envelope>"] {
        assert_eq!(matches(body.as_bytes(), SENDER, &questions), [], "{body}");
    }
}

#[test]
fn a_devices_words_cannot_steer_a_terminal_or_break_a_line() {
    let scopes =
        "onvif://www.onvif.org/name/%1b%5B2Jred%0A%5B%5Bcamera%5D%5D onvif://www.onvif.org/hardware/%E2%80%AEx%00";
    let found = one("dn:NetworkVideoTransmitter", scopes, "").unwrap();
    assert_eq!(found.name.as_deref(), Some("[2Jred [[camera]]"));
    assert_eq!(found.hardware.as_deref(), Some("x"));
    let long = format!("onvif://www.onvif.org/name/{}", "x".repeat(5000));
    assert_eq!(one("", &long, "").unwrap().name.unwrap().len(), MAX_WORD);
    assert_eq!(readable("a+b%26c&d%zz"), "a+b&c&d%zz");
}

#[test]
fn a_flood_of_answers_ends_at_the_bounds() {
    let questions = questions();
    let mut known = Known::default();
    let mut taken = 0;
    for n in 0..MAX_ANSWERS {
        let address = format!("http://10.{}.{}.{}/", n >> 16, n >> 8 & 255, n & 255);
        let flood =
            answer("", "dn:NetworkVideoTransmitter", "", &address).replace("<wsadis:RelatesTo></wsadis:RelatesTo>", "");
        taken += 1;
        if !known.take(flood.as_bytes(), SENDER, &questions) {
            break;
        }
    }
    assert_eq!(taken, MAX_DEVICES);
    let mut known = Known::default();
    assert_eq!((0..2 * MAX_ANSWERS).take_while(|_| known.take(b"?", SENDER, &questions)).count(), MAX_ANSWERS - 1);
}

#[test]
fn devices_come_once_and_in_the_order_of_their_addresses() {
    let questions = questions();
    let mut known = Known::default();
    for host in ["10.20.1.110", "10.20.1.9", "10.20.1.9", "10.3.0.1"] {
        let id = &questions.ids[1];
        let text = answer(id, "dn:NetworkVideoTransmitter", SCOPES, &format!("http://{host}/onvif/device_service"));
        known.take(text.as_bytes(), host.parse().unwrap(), &questions);
    }
    let hosts: Vec<_> =
        known.into_devices().iter().map(|device| device.service.host_str().unwrap().to_owned()).collect();
    assert_eq!(hosts, ["10.3.0.1", "10.20.1.9", "10.20.1.110"]);
}

#[test]
fn what_is_asked_is_a_probe_of_its_own_id() {
    let questions = questions();
    for (text, id) in questions.texts.iter().zip(&questions.ids) {
        let tree = Tree::parse(text.as_bytes()).unwrap();
        assert_eq!(tree.text_at("Header/MessageID"), Some(format!("urn:uuid:{id}").as_str()));
        assert!(tree.text_at("Body/Probe/Types").unwrap().starts_with("dn:"));
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
    }
    assert_ne!(questions.ids[0], questions.ids[1]);
}

#[test]
fn the_interfaces_that_are_asked_on_are_those_that_take_part_in_multicast() {
    let igmp = "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n\
                1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n\
                12\teth0      :     2      V3\n\t\t\t\tFB0000E0     1 0:00000000\t\t0\n\
                \t\t\t\t010000E0     1 0:00000000\t\t0\n";
    assert_eq!(interfaces(igmp), BTreeSet::from([1, 12]));
    assert_eq!(interfaces(""), BTreeSet::new());
}

proptest! {
    #[test]
    fn any_datagram_is_passed_over_or_a_device(datagram in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = matches(&datagram, SENDER, &questions());
    }

    #[test]
    fn any_scope_and_address_give_a_device_that_prints_on_one_line(
        scope in "[ -~\u{80}-\u{2100}]{0,60}",
        address in "[a-z0-9:/.%@\\[\\]-]{0,40}",
    ) {
        let clean = |text: &str| text.replace(['<', '>', '&'], "");
        let scopes = format!("onvif://www.onvif.org/name/{}", clean(&scope));
        if let Some(found) = one("dn:NetworkVideoTransmitter", &scopes, &clean(&address)) {
            prop_assert!(found.service.host_str().is_some());
            prop_assert!(found.name.is_none_or(|name| !name.contains(char::is_control)));
        }
    }
}
