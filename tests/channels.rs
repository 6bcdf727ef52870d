//! The channels against providers on loopback that answer as the real ones are documented to: refusals in answers of
//! status 200, garbage, silence, pauses asked for, tokens that rotate. And a mail server that we did not write.

#[path = "fakes/scripted.rs"]
mod scripted;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use camwatch::config::Config;
use camwatch::inventory::{ChannelId, OfficerId};
use camwatch::judgement::event::PageReason;
use camwatch::notify::channel::{self, Line};
use camwatch::notify::{Answer, Deaf, Letter, Words};
use camwatch::paging::{About, Message, MessageId, Recipient, Severity};
use scripted::{Asked, Provider, Says};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOKEN: &str = "12345689:abc-xyz";
const KEY: &str = "key-of-this-message-on-this-channel";

/// A channel as a configuration makes it, with a token in a file of its own.
struct Bench {
    dir: TempDir,
    toml: String,
    token: String,
}

impl Bench {
    fn new(toml: &str, token: &str) -> Self {
        let dir = TempDir::new().expect("a directory");
        write_secret(&dir.path().join("token"), token);
        write_secret(&dir.path().join("secret"), "app-secret");
        Self { dir, toml: toml.to_owned(), token: token.to_owned() }
    }

    fn open(&self) -> Line {
        let text = format!("[[channel]]\nid = \"c\"\ntoken_file = \"token\"\n{}", self.toml);
        let config = Config::parse(&self.dir.path().join("camwatch.toml"), &text).unwrap_or_else(|e| panic!("{e}"));
        let id = ChannelId::new("c").expect("an id");
        channel::open(&config.inventory.channels[&id], self.dir.path()).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Sends, and sees to it that the answer gives nothing away.
    async fn send(&self, line: &Line, to: &str) -> Answer {
        let answer = line.out.send(&letter(to)).await;
        if let Answer::Later { why, .. }
        | Answer::ChannelRefuses { why }
        | Answer::RecipientRefuses { why }
        | Answer::Never { why } = &answer
        {
            let parts = self.token.split(':').filter(|part| part.len() > 4);
            for secret in parts.chain([self.token.as_str(), "app-secret", to]) {
                assert!(secret.is_empty() || !why.contains(secret), "{secret:?} stands in {why:?}");
            }
            assert!(!why.is_empty() && why.len() < 500, "{why}");
        }
        answer
    }
}

fn write_secret(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
}

fn letter(to: &str) -> Letter {
    let at = "2026-11-22T02:14:00+07:00".parse().expect("a time");
    Letter {
        key: KEY.to_owned(),
        to: to.to_owned(),
        words: Words {
            subject: "[17] Mất tín hiệu: cầu Yên Lệnh".to_owned(),
            text: "Mất tín hiệu: cầu_Yên <Lệnh> & chợ\nXác nhận: OK 17".to_owned(),
            short: "[CAM] Cau Yen Lenh: mat tin hieu tu 02:14. Xac nhan: OK 17".to_owned(),
        },
        thread: "20261121T191400Z-site-yen-lenh".to_owned(),
        ack_url: None,
        message: Message {
            id: MessageId("m-1".to_owned()),
            to: Recipient::Officer(OfficerId::new("truc-ban-1").expect("an id")),
            reason: PageReason::Open,
            severity: Severity::Critical,
            decided_at: at,
            not_before: at,
            about: vec![About::Test],
            supersedes: Vec::new(),
        },
    }
}

/// The name of an answer.
fn class(answer: &Answer) -> &'static str {
    match answer {
        Answer::Accepted { .. } => "accepted",
        Answer::Duplicate => "duplicate",
        Answer::Later { .. } => "later",
        Answer::ChannelRefuses { .. } => "channel",
        Answer::RecipientRefuses { .. } => "recipient",
        Answer::Moved { .. } => "moved",
        Answer::Never { .. } => "never",
    }
}

fn accepted(id: &str) -> Answer {
    Answer::Accepted { id: Some(id.to_owned()) }
}

/// Each answer and what it comes to.
async fn each(bench: &Bench, provider: &Provider, to: &str, cases: impl IntoIterator<Item = (Says, &str)>) {
    let line = bench.open();
    for (says, expected) in cases {
        provider.say([says.clone()]);
        let answer = bench.send(&line, to).await;
        assert_eq!(class(&answer), expected, "{says:?} came to {answer:?}");
        assert_eq!(provider.asked().len(), 1, "{says:?}");
    }
}

/// What any provider may answer when it is not itself.
fn unwell() -> Vec<(Says, &'static str)> {
    vec![
        (Says::Text(500, "<h1>Internal Server Error</h1>"), "later"),
        (Says::Text(502, ""), "later"),
        (Says::Text(200, "<html>maintenance</html>"), "later"),
        (Says::Text(200, ""), "later"),
        (Says::Text(200, "{\"ok\":"), "later"),
        (Says::Json(200, json!([])), "later"),
        (Says::Json(200, json!({ "something": "else" })), "later"),
        (Says::Endless, "later"),
        (Says::Wait(429, "34"), "later"),
        (Says::Wait(503, "Sun, 06 Nov 2044 08:49:37 GMT"), "later"),
        (Says::Text(404, "nginx"), "channel"),
        (Says::Text(302, ""), "channel"),
    ]
}

// === Zalo Bot ===

fn zalo_bot(provider: &Provider) -> Bench {
    Bench::new(&format!("kind = \"zalo_bot\"\napi_base = \"{}/zalo/\"", provider.url), TOKEN)
}

#[tokio::test]
async fn zalo_bot_is_asked_as_documented_and_its_answers_come_to_their_classes() {
    let provider = Provider::start().await;
    let bench = zalo_bot(&provider);
    let line = bench.open();
    provider.say([Says::Json(
        200,
        json!({ "ok": true, "result": { "message_id": "82599fa3", "date": 1_749_632_637_199_i64 } }),
    )]);
    assert_eq!(bench.send(&line, "4242424242").await, accepted("82599fa3"));
    let asked = provider.asked();
    assert_eq!(asked[0].path, format!("/zalo/bot{TOKEN}/sendMessage"));
    assert_eq!(asked[0].json(), json!({ "chat_id": "4242424242", "text": letter("").words.text }));

    let refused = |code: i64| {
        let words = format!("token {TOKEN} and chat 4242424242");
        Says::Json(200, json!({ "ok": false, "error_code": code, "description": words }))
    };
    let codes = [(400, "never"), (401, "channel"), (403, "later"), (404, "never"), (429, "later"), (500, "later")];
    each(&bench, &provider, "4242424242", codes.map(|(code, class)| (refused(code), class))).await;
    each(&bench, &provider, "4242424242", unwell()).await;
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_told() {
    let provider = Provider::start().await;
    let bench = zalo_bot(&provider);
    let line = bench.open();
    provider.say([Says::Wait(429, "34"), Says::Text(429, "")]);
    let Answer::Later { after, .. } = bench.send(&line, "42424242").await else { panic!("later") };
    assert_eq!(after, Some(Duration::from_secs(34)));
    let Answer::Later { after, .. } = bench.send(&line, "42424242").await else { panic!("later") };
    assert_eq!(after, None);
}

#[tokio::test]
async fn a_link_stands_below_the_text_and_a_long_text_gives_way_to_it() {
    let provider = Provider::start().await;
    let line = zalo_bot(&provider).open();
    provider.say([Says::Json(200, json!({ "ok": true, "result": {} }))]);
    let mut letter = letter("42424242");
    letter.words.text = "một dòng chữ ".repeat(400);
    letter.ack_url = Some("https://cam.example.vn/ack/TOKEN".to_owned());
    line.out.send(&letter).await;
    let text = provider.asked()[0].json()["text"].as_str().expect("a text").to_owned();
    assert!(text.ends_with("\nhttps://cam.example.vn/ack/TOKEN"), "{text}");
    assert!(text.chars().count() <= 2000, "{}", text.chars().count());
}

#[tokio::test]
async fn zalo_bot_hears_each_reply_once_and_no_bots() {
    let provider = Provider::start().await;
    let line = zalo_bot(&provider).open();
    let back = line.back.expect("a way back");
    let update = |id: &str, bot: bool, event: &str| {
        Says::Json(
            200,
            json!({ "ok": true, "result": { "event_name": event, "message": {
                "from": { "id": "4242", "display_name": "An", "is_bot": bot },
                "chat": { "id": "4242", "chat_type": "PRIVATE" },
                "text": "OK 17", "message_id": id, "date": 1_795_375_000_000_i64 } } }),
        )
    };
    provider.say([
        update("m1", false, "message.text.received"),
        update("m1", false, "message.text.received"),
        update("m2", true, "message.text.received"),
        update("m3", false, "message.unsupported.received"),
        Says::Json(200, json!({ "ok": false, "error_code": 408, "description": "timeout" })),
        Says::Text(408, ""),
        update("m4", false, "message.text.received"),
    ]);
    let mut heard = Vec::new();
    for _ in 0..7 {
        heard.extend(back.hear().await.expect("heard"));
    }
    let ids: Vec<_> = heard.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["m1", "m4"]);
    assert_eq!((heard[0].from.as_str(), heard[0].text.as_str()), ("4242", "OK 17"));
    assert_eq!(heard[0].at.expect("a time").as_millisecond(), 1_795_375_000_000);
    let asked = provider.asked();
    assert!(asked[0].path.ends_with("/getUpdates"));
    assert_eq!(asked[0].json(), json!({ "timeout": "30" }));

    provider.say([Says::Json(200, json!({ "ok": true, "result": { "message_id": "r1" } }))]);
    assert_eq!(back.reply(&heard[0], "Đã ghi nhận 17").await, accepted("r1"));
    assert_eq!(provider.asked()[0].json()["chat_id"], "4242");

    provider
        .say([Says::Json(200, json!({ "ok": false, "error_code": 401, "description": "bad" })), Says::Text(502, "")]);
    assert!(matches!(back.hear().await, Err(Deaf::Refused { .. })));
    assert!(matches!(back.hear().await, Err(Deaf::Later { .. })));
}

// === Zalo Official Account ===

fn zalo_oa(provider: &Provider) -> Bench {
    let toml = format!(
        "kind = \"zalo_oa\"\napp_id = \"1234\"\nsecret_file = \"secret\"\napi_base = \"{0}\"\noauth_base = \"{0}\"",
        provider.url
    );
    Bench::new(&toml, "refresh-0")
}

fn pair(number: u32) -> Says {
    let answer = json!({ "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
                         "expires_in": "90000" });
    Says::Json(200, answer)
}

fn oa_says(code: i64) -> Says {
    Says::Json(200, json!({ "error": code, "message": "access-1 of 84900000001", "data": { "message_id": "oa-1" } }))
}

#[tokio::test]
async fn every_code_of_an_official_account_comes_to_its_class() {
    let provider = Provider::start().await;
    let bench = zalo_oa(&provider);
    let line = bench.open();
    provider.say([pair(1), oa_says(0)]);
    assert_eq!(bench.send(&line, "84900000001").await, accepted("oa-1"));
    let asked = provider.asked();
    assert_eq!(asked[0].path, "/v4/oa/access_token");
    assert_eq!(asked[0].header("secret_key"), "app-secret");
    assert_eq!(asked[0].body, "refresh_token=refresh-0&app_id=1234&grant_type=refresh_token");
    assert_eq!((asked[1].path.as_str(), asked[1].header("access_token")), ("/v3.0/oa/message/cs", "access-1"));
    assert_eq!(asked[1].json()["recipient"], json!({ "user_id": "84900000001" }));

    let classes: [(&str, &[i64]); 4] = [
        ("later", &[-32]),
        ("channel", &[-211, -321, -137, -144, -147, -224, -131, -135, -240, -320]),
        ("recipient", &[-213, -217, -227, -230, -232, -244, -118, -119, -139, -141, -108, -237, -403]),
        ("never", &[-218, -234, -132, -133, -9999]),
    ];
    let codes = classes.iter().flat_map(|(class, codes)| codes.iter().map(|code| (oa_says(*code), *class)));
    each(&bench, &provider, "84900000001", codes).await;
    each(&bench, &provider, "84900000001", unwell()).await;

    provider.say([oa_says(0)]);
    bench.send(&line, "group:f414c8f76fa586fbdfb4").await;
    let asked = provider.asked();
    assert_eq!(asked[0].path, "/v3.0/oa/group/message");
    assert_eq!(asked[0].json()["recipient"], json!({ "group_id": "f414c8f76fa586fbdfb4" }));
}

fn chain(bench: &Bench) -> Value {
    let text = fs::read_to_string(bench.dir.path().join("zalo-oa-c.json")).expect("a chain on disk");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn a_pair_of_tokens_is_on_disk_before_it_is_used_and_a_crash_in_between_loses_nothing() {
    let provider = Provider::start().await;
    let bench = zalo_oa(&provider);
    let file = bench.dir.path().join("zalo-oa-c.json");
    provider.look(move |asked| {
        let used = asked.header("access_token");
        if !used.is_empty() {
            let disk = fs::read_to_string(&file).expect("the pair is on disk");
            assert!(disk.contains(used), "{used} is used before it is kept: {disk}");
            assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
        }
    });
    // The new token's first use is never answered: the process ends there.
    provider.say([pair(1), Says::Nothing]);
    {
        let line = bench.open();
        let letter = letter("4242424242");
        let sent = line.out.send(&letter);
        assert!(tokio::time::timeout(Duration::from_secs(2), sent).await.is_err(), "no answer can have come");
    }
    assert_eq!(chain(&bench)["refresh_token"], "refresh-1");
    assert_eq!(chain(&bench)["previous"], "refresh-0");
    provider.asked();
    provider.say([oa_says(0)]);
    assert_eq!(bench.send(&bench.open(), "4242424242").await, accepted("oa-1"));
    let asked = provider.asked();
    assert_eq!(asked.len(), 1, "no second refresh: {asked:?}");
    assert_eq!(asked[0].header("access_token"), "access-1");
}

#[tokio::test]
async fn a_refused_access_token_is_renewed_once_and_the_message_sent_once_more() {
    let provider = Provider::start().await;
    let bench = zalo_oa(&provider);
    let line = bench.open();
    for refused in [-216, -220, -124] {
        provider.say([pair(1), oa_says(0)]);
        let _ = fs::remove_file(bench.dir.path().join("zalo-oa-c.json"));
        bench.send(&line, "4242424242").await;
        provider.asked();
        provider.say([oa_says(refused), pair(2), oa_says(0)]);
        assert_eq!(bench.send(&line, "4242424242").await, accepted("oa-1"));
        let asked: Vec<String> = provider.asked().iter().map(|one| one.header("access_token").to_owned()).collect();
        assert_eq!(asked, ["access-1", "", "access-2"]);
    }
    provider.say([oa_says(-216), pair(3), oa_says(-216)]);
    assert_eq!(class(&bench.send(&line, "4242424242").await), "channel");
}

#[tokio::test]
async fn a_broken_chain_says_where_to_consent_and_a_new_token_mends_it() {
    let provider = Provider::start().await;
    let bench = zalo_oa(&provider);
    let refused = json!({ "error": -14_014, "error_name": "Invalid refresh token refresh-0" });
    provider.say([Says::Json(200, refused)]);
    let Answer::ChannelRefuses { why } = bench.send(&bench.open(), "4242424242").await else { panic!("refused") };
    assert!(why.contains("/v4/oa/permission?app_id=1234"), "{why}");
    assert!(!why.contains("refresh-0"), "{why}");

    // A chain that began with another token is not gone on with.
    provider.say([pair(1), oa_says(0)]);
    assert_eq!(bench.send(&bench.open(), "4242424242").await, accepted("oa-1"));
    write_secret(
        &bench.dir.path().join("token"),
        "{\"access_token\":\"x\",\"refresh_token\":\"refresh-9\",\"expires_in\":\"1\"}",
    );
    provider.asked();
    provider.say([pair(10), oa_says(0)]);
    assert_eq!(bench.send(&bench.open(), "4242424242").await, accepted("oa-1"));
    assert!(provider.asked()[0].body.contains("refresh_token=refresh-9"));
}

#[tokio::test]
async fn a_token_that_is_due_is_renewed_and_one_that_still_works_is_used_where_that_fails() {
    let provider = Provider::start().await;
    let bench = zalo_oa(&provider);
    let line = bench.open();
    provider.say([pair(1), oa_says(0)]);
    bench.send(&line, "4242424242").await;
    let mut due = chain(&bench);
    due["renew_at"] = "2026-01-01T00:00:00Z".into();
    write_secret(&bench.dir.path().join("zalo-oa-c.json"), &due.to_string());
    provider.asked();

    provider.say([Says::Text(502, ""), oa_says(0)]);
    assert_eq!(bench.send(&line, "4242424242").await, accepted("oa-1"));
    assert_eq!(provider.asked()[1].header("access_token"), "access-1");
    provider.say([pair(2), oa_says(0)]);
    assert_eq!(bench.send(&line, "4242424242").await, accepted("oa-1"));
    assert_eq!(provider.asked()[1].header("access_token"), "access-2");
}

#[tokio::test]
async fn two_messages_at_once_renew_once() {
    let provider = Provider::start().await;
    let bench = zalo_oa(&provider);
    let (one, other) = (bench.open(), bench.open());
    provider.say([pair(1), oa_says(0), oa_says(0), oa_says(0)]);
    let (a, b) = (letter("4242424242"), letter("4343434343"));
    let answers = futures_util::future::join3(one.out.send(&a), other.out.send(&b), one.out.send(&b)).await;
    assert_eq!((class(&answers.0), class(&answers.1), class(&answers.2)), ("accepted", "accepted", "accepted"));
    let refreshes = provider.asked().iter().filter(|one| one.path.starts_with("/v4")).count();
    assert_eq!(refreshes, 1);
}

#[tokio::test]
async fn a_pair_that_the_disk_does_not_take_is_not_used_until_it_does() {
    let provider = Provider::start().await;
    let bench = zalo_oa(&provider);
    let line = bench.open();
    // A directory where the file is written first.
    let blocked = bench.dir.path().join("zalo-oa-c.json.new");
    fs::create_dir(&blocked).expect("a directory");
    provider.say([pair(1)]);
    assert_eq!(class(&bench.send(&line, "4242424242").await), "later");
    assert_eq!(class(&bench.send(&line, "4242424242").await), "later");
    assert_eq!(provider.asked().len(), 1, "the refresh token was used once");
    fs::remove_dir(&blocked).expect("removing it");
    provider.say([oa_says(0)]);
    assert_eq!(bench.send(&line, "4242424242").await, accepted("oa-1"));
    assert_eq!(provider.asked()[0].header("access_token"), "access-1");
}

// === SMS ===

#[tokio::test]
async fn esms_is_asked_in_strings_and_its_codes_come_to_their_classes() {
    let provider = Provider::start().await;
    let toml = format!("kind = \"sms\"\nprovider = \"esms\"\nbrand = \"CAX MOCNAM\"\napi_base = \"{}\"", provider.url);
    let bench = Bench::new(&toml, "the-api-key:the-secret-key");
    let line = bench.open();
    provider.say([Says::Json(200, json!({ "CodeResult": "100", "CountRegenerate": 0, "SMSID": "sms-1" }))]);
    assert_eq!(bench.send(&line, "0900 000 001").await, accepted("sms-1"));
    let asked = provider.asked();
    assert_eq!(asked[0].path, "/MainService.svc/json/SendMultipleMessage_V4_post_json/");
    assert_eq!(
        asked[0].json(),
        json!({ "ApiKey": "the-api-key", "SecretKey": "the-secret-key", "Phone": "84900000001",
                "Content": letter("").words.short, "Brandname": "CAX MOCNAM", "SmsType": "2", "IsUnicode": "0",
                "Sandbox": "0", "RequestId": KEY })
    );
    let code = |code: &str| {
        let words = "the-secret-key of 84900000001";
        Says::Json(200, json!({ "CodeResult": code, "ErrorMessage": words }))
    };
    let codes = [
        ("124", "duplicate"),
        ("99", "recipient"),
        ("108", "recipient"),
        ("177", "recipient"),
        ("101", "channel"),
        ("103", "channel"),
        ("104", "channel"),
        ("140", "channel"),
        ("146", "channel"),
        ("201", "never"),
        ("999", "never"),
    ];
    each(&bench, &provider, "84900000001", codes.map(|(number, class)| (code(number), class))).await;
    each(&bench, &provider, "84900000001", unwell()).await;
    assert_eq!(class(&bench.send(&line, "truc@xa.example.vn").await), "recipient");
    assert!(provider.asked().is_empty());
}

#[tokio::test]
async fn speedsms_takes_a_login_and_says_in_words_whether_it_took_the_message() {
    let provider = Provider::start().await;
    let toml = format!("kind = \"sms\"\nprovider = \"speedsms\"\nbrand = \"MOCNAM\"\napi_base = \"{}\"", provider.url);
    let bench = Bench::new(&toml, "speed-token");
    let line = bench.open();
    provider.say([Says::Json(200, json!({ "status": "success", "code": "00", "data": { "tranId": 77 } }))]);
    assert_eq!(bench.send(&line, "84900000001").await, accepted("77"));
    let asked = provider.asked();
    assert_eq!(asked[0].path, "/index.php/sms/send");
    let login = base64::engine::general_purpose::STANDARD.encode("speed-token:x");
    assert_eq!(asked[0].header("authorization"), format!("Basic {login}"));
    assert_eq!(
        asked[0].json(),
        json!({ "to": ["84900000001"], "content": letter("").words.short, "sms_type": 3, "sender": "MOCNAM" })
    );
    let error = |status: u16| Says::Json(status, json!({ "status": "error", "code": "007", "message": "speed-token" }));
    each(&bench, &provider, "84900000001", [(error(200), "never"), (error(401), "channel"), (error(500), "later")])
        .await;
    each(&bench, &provider, "84900000001", unwell()).await;
}

#[tokio::test]
async fn a_gateway_of_ones_own_is_asked_as_its_template_says() {
    let provider = Provider::start().await;
    let toml = format!(
        r#"kind = "sms"
provider = "http"
url = "{}/send?to={{{{phone}}}}&id={{{{request_id}}}}"
method = "PUT"
headers = {{ Authorization = "Bearer {{{{token}}}}", Content-Type = "application/json" }}
body = '{{"text":"{{{{text}}}} \"{{{{phone}}}}\""}}'
success = {{ pointer = "/result/0/code", equals = "0" }}"#,
        provider.url
    );
    let bench = Bench::new(&toml, "modem-token");
    let line = bench.open();
    provider.say([Says::Json(200, json!({ "result": [{ "code": 0 }] }))]);
    assert_eq!(bench.send(&line, "84900000001").await, Answer::Accepted { id: None });
    let asked = provider.asked();
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("PUT", format!("/send?to=84900000001&id={KEY}").as_str())
    );
    assert_eq!(asked[0].header("authorization"), "Bearer modem-token");
    assert_eq!(asked[0].json()["text"], format!("{} \"84900000001\"", letter("").words.short));
    let cases = [
        (Says::Json(200, json!({ "result": [{ "code": "7 modem-token 84900000001" }] })), "never"),
        (Says::Text(200, "OK"), "later"),
        (Says::Text(409, ""), "duplicate"),
        (Says::Text(402, ""), "channel"),
        (Says::Text(400, ""), "never"),
        (Says::Wait(429, "5"), "later"),
        (Says::Text(500, ""), "later"),
    ];
    each(&bench, &provider, "84900000001", cases).await;
}

// === Telegram ===

#[tokio::test]
async fn telegram_has_its_text_escaped_and_its_answers_come_to_their_classes() {
    let provider = Provider::start().await;
    let toml = format!("kind = \"telegram\"\nenabled = true\napi_base = \"{}\"", provider.url);
    let bench = Bench::new(&toml, TOKEN);
    let line = bench.open();
    provider.say([Says::Json(200, json!({ "ok": true, "result": { "message_id": 5 } }))]);
    assert_eq!(bench.send(&line, "-1001234").await, accepted("5"));
    let asked = provider.asked();
    assert_eq!(asked[0].path, format!("/bot{TOKEN}/sendMessage"));
    let body = asked[0].json();
    assert_eq!(body["text"], "Mất tín hiệu: cầu_Yên &lt;Lệnh&gt; &amp; chợ\nXác nhận: OK 17");
    assert_eq!((&body["chat_id"], &body["parse_mode"]), (&json!("-1001234"), &json!("HTML")));

    let refused = |code: u16, description: &str, parameters: Value| {
        let body = json!({ "ok": false, "error_code": code, "description": description, "parameters": parameters });
        Says::Json(code, body)
    };
    let cases = [
        (refused(401, "Unauthorized", json!({})), "channel"),
        (refused(404, "Not Found", json!({})), "channel"),
        (refused(403, "bot was blocked by the user", json!({})), "recipient"),
        (refused(400, "Bad Request: chat not found", json!({})), "recipient"),
        (refused(400, "Bad Request: can't parse entities", json!({})), "never"),
        (refused(500, "", json!({})), "later"),
    ];
    each(&bench, &provider, "-1001234", cases).await;
    each(&bench, &provider, "-1001234", unwell()).await;

    provider.say([
        refused(429, "Too Many Requests", json!({ "retry_after": 34 })),
        refused(400, "upgraded to a supergroup", json!({ "migrate_to_chat_id": -1_001_234_567_890_123_i64 })),
    ]);
    let Answer::Later { after, .. } = bench.send(&line, "-1001234").await else { panic!("later") };
    assert_eq!(after, Some(Duration::from_secs(34)));
    assert_eq!(bench.send(&line, "-1001234").await, Answer::Moved { to: "-1001234567890123".to_owned() });
}

#[tokio::test]
async fn telegram_hears_texts_and_taps_and_forgets_what_it_heard() {
    let provider = Provider::start().await;
    let toml = format!("kind = \"telegram\"\nenabled = true\napi_base = \"{}\"", provider.url);
    let back = Bench::new(&toml, TOKEN).open().back.expect("a way back");
    let text = json!({ "update_id": 900, "message": { "message_id": 1, "from": { "id": 7, "is_bot": false },
        "chat": { "id": -42 }, "date": 1_795_375_000, "text": "nhận 17" } });
    let tap = json!({ "update_id": 901, "callback_query": { "id": "q1", "from": { "id": 7 },
        "message": { "chat": { "id": 7 } }, "data": "ack:18" } });
    provider.say([
        Says::Json(200, json!({ "ok": true, "result": [text, tap] })),
        Says::Json(200, json!({ "ok": true, "result": true })),
        Says::Json(200, json!({ "ok": true, "result": [] })),
        Says::Json(409, json!({ "ok": false, "error_code": 409, "description": "Conflict" })),
    ]);
    let heard = back.hear().await.expect("heard");
    let said: Vec<_> = heard.iter().map(|one| (one.from.as_str(), one.text.as_str())).collect();
    assert_eq!(said, [("-42", "nhận 17"), ("7", "OK 18")]);
    assert!(back.hear().await.expect("heard").is_empty());
    let asked = provider.asked();
    assert!(asked[1].path.ends_with("/answerCallbackQuery"), "{:?}", asked[1]);
    assert_eq!(asked[2].json()["offset"], 902);
    let Err(Deaf::Refused { why }) = back.hear().await else { panic!("two pollers are told") };
    assert!(why.contains("another program"), "{why}");
}

// === webhook ===

#[tokio::test]
async fn a_webhook_carries_the_message_its_key_and_a_signature() {
    let provider = Provider::start().await;
    let bench = Bench::new(&format!("kind = \"webhook\"\nurl = \"{}/hook\"", provider.url), "signing-key");
    let line = bench.open();
    provider.say([Says::Text(204, "")]);
    assert_eq!(bench.send(&line, "").await, Answer::Accepted { id: None });
    let asked: Asked = provider.asked().remove(0);
    assert_eq!((asked.path.as_str(), asked.header("idempotency-key")), ("/hook", KEY));
    assert_eq!(asked.json()["message"]["about"][0]["kind"], "test");
    assert_eq!(asked.json()["text"], letter("").words.text);
    let (at, tag) = asked.header("x-camwatch-signature").split_once(",v1=").expect("two parts");
    let at = at.strip_prefix("t=").expect("a time");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"signing-key");
    let tag: Vec<u8> =
        (0..tag.len()).step_by(2).map(|i| u8::from_str_radix(&tag[i..i + 2], 16).expect("hex")).collect();
    ring::hmac::verify(&key, format!("{at}.{}", asked.body).as_bytes(), &tag).expect("the signature holds");

    let cases = [
        (Says::Text(409, ""), "duplicate"),
        (Says::Wait(429, "1"), "later"),
        (Says::Text(500, ""), "later"),
        (Says::Text(401, ""), "channel"),
        (Says::Text(403, ""), "channel"),
        (Says::Text(404, ""), "channel"),
        (Says::Text(410, ""), "channel"),
        (Says::Text(400, ""), "never"),
        (Says::Text(301, ""), "never"),
    ];
    each(&bench, &provider, "", cases).await;
}

// === all of them ===

#[tokio::test]
async fn silence_and_closed_doors_are_for_later_and_end_by_themselves() {
    let provider = Provider::start().await;
    provider.say(vec![Says::Nothing; 8]);
    let nobody = format!("http://127.0.0.1:{}", support::free_port());
    let mut sent = Vec::new();
    for base in [&provider.url, &nobody] {
        for toml in [
            format!("kind = \"zalo_bot\"\napi_base = \"{base}\""),
            format!("kind = \"telegram\"\nenabled = true\napi_base = \"{base}\""),
            format!("kind = \"webhook\"\nurl = \"{base}\""),
            format!("kind = \"sms\"\nprovider = \"speedsms\"\napi_base = \"{base}\""),
        ] {
            let bench = Bench::new(&toml, TOKEN);
            sent.push(async move { bench.send(&bench.open(), "84900000001").await });
        }
    }
    let answers = tokio::time::timeout(Duration::from_secs(120), futures_util::future::join_all(sent)).await;
    for answer in answers.expect("each ends by itself") {
        assert_eq!(class(&answer), "later", "{answer:?}");
    }
}

#[test]
fn a_token_that_every_user_can_read_is_refused() {
    let dir = TempDir::new().expect("a directory");
    fs::write(dir.path().join("token"), TOKEN).expect("a file");
    fs::set_permissions(dir.path().join("token"), fs::Permissions::from_mode(0o644)).expect("a mode");
    let text = "[[channel]]\nid = \"c\"\nkind = \"zalo_bot\"\ntoken_file = \"token\"\n";
    let told = Config::parse(&dir.path().join("camwatch.toml"), text).expect_err("refused").to_string();
    assert!(told.contains("is open to every user (mode 0644), expected 0600"), "{told}");
    assert!(!told.contains(TOKEN));
}
