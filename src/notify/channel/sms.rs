//! SMS by a gateway: eSMS, `SpeedSMS`, or one that the operator describes.
//!
//! eSMS after the vendor's documentation, `SpeedSMS` after third-party clients; neither was tried against the real service.
//! Texts are one SMS without diacritics: longer ones cost more and are cut by some carriers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::super::{Answer, Channel, Letter};
use super::http::{Http, Reply, ask, said};
use crate::inventory::{self, Gateway, Method, Success, Template};

const ESMS: &str = "https://rest.esms.vn";
const SPEEDSMS: &str = "https://api.speedsms.vn";
/// Country code of numbers that are written without one.
const VIET_NAM: &str = "84";

pub(super) struct Sms {
    gateway: Gateway,
    base: String,
    http: Http,
}

impl Sms {
    pub fn new(settings: &inventory::Sms, http: Http) -> Self {
        let default = match settings.gateway {
            Gateway::Esms { .. } => ESMS,
            Gateway::SpeedSms { .. } => SPEEDSMS,
            Gateway::Http(_) => "",
        };
        let base = settings.api_base.as_ref().map_or(default, |url| url.as_str()).trim_end_matches('/').to_owned();
        Self { gateway: settings.gateway.clone(), base, http }
    }

    async fn post(&self, letter: &Letter) -> Answer {
        let Some(phone) = phone(&letter.to) else {
            return Answer::RecipientRefuses { why: "the address is no phone number".to_owned() };
        };
        let text = &letter.words.short;
        match &self.gateway {
            Gateway::Esms { api_key, secret_key, brand, sandbox } => {
                // Every value is a string.
                let body = json!({
                    "ApiKey": api_key.expose(), "SecretKey": secret_key.expose(), "Phone": phone, "Content": text,
                    "Brandname": brand, "SmsType": "2", "IsUnicode": "0", "Sandbox": if *sandbox { "1" } else { "0" },
                    "RequestId": letter.key,
                });
                let url = format!("{}/MainService.svc/json/SendMultipleMessage_V4_post_json/", self.base);
                let secrets = [api_key.expose(), secret_key.expose()];
                match ask(self.http.post(&url).json(&body)).await {
                    Ok(reply) => of_esms(&reply, &secrets, &phone),
                    Err(answer) => answer,
                }
            }
            Gateway::SpeedSms { token, brand, sms_type } => {
                let sender = brand.as_deref().unwrap_or_default();
                let body = json!({ "to": [phone], "content": text, "sms_type": sms_type, "sender": sender });
                let login = STANDARD.encode(format!("{}:x", token.expose()));
                let request = self.http.post(&format!("{}/index.php/sms/send", self.base)).json(&body);
                match ask(request.header(AUTHORIZATION, format!("Basic {login}"))).await {
                    Ok(reply) => of_speedsms(&reply, &[token.expose(), &login], &phone),
                    Err(answer) => answer,
                }
            }
            Gateway::Http(template) => self.of_template(template, letter, &phone).await,
        }
    }

    async fn of_template(&self, template: &Template, letter: &Letter, phone: &str) -> Answer {
        let token = template.token.as_ref().map_or("", |token| token.expose());
        let values = [
            ("{{phone}}", phone),
            ("{{text}}", &letter.words.short),
            ("{{request_id}}", &letter.key),
            ("{{token}}", token),
        ];
        let method = match template.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let mut request = self.http.request(method, &filled(&template.url, &values, in_url));
        for (name, value) in &template.headers {
            let value = HeaderValue::try_from(filled(value, &values, str::to_owned));
            let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), value) else {
                return Answer::Never { why: format!("the header {name:?} cannot be sent") };
            };
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        if let Some(body) = &template.body {
            let says = |kind: &str| {
                template
                    .headers
                    .iter()
                    .any(|(name, value)| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str()) && value.contains(kind))
            };
            let written = if says("x-www-form-urlencoded") {
                in_url
            } else if says("json") || body.starts_with(['{', '[']) {
                in_json
            } else {
                str::to_owned
            };
            request = request.body(filled(body, &values, written));
        }
        let reply = match ask(request).await {
            Ok(reply) => reply,
            Err(answer) => return answer,
        };
        let why = format!("the gateway answers HTTP {}", reply.status);
        match (reply.status, &template.success) {
            (200..=299, None) => Answer::Accepted { id: None },
            (200..=299, Some(success)) => of_success(&reply, success, &[token], phone),
            (409, _) => Answer::Duplicate,
            (408 | 429 | 500.., _) => Answer::Later { after: reply.after, why },
            (401 | 402 | 403 | 404 | 410, _) => Answer::ChannelRefuses { why },
            _ => Answer::Never { why },
        }
    }
}

/// The number as gateways want it: country code and digits. `None` for what is no number.
fn phone(address: &str) -> Option<String> {
    let plus = address.trim().starts_with('+');
    let digits: String = address.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '+')).collect();
    if !(8..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(match digits.strip_prefix('0') {
        Some(rest) if !plus => format!("{VIET_NAM}{}", rest.trim_start_matches('0')),
        _ => digits,
    })
}

/// A field that some gateways write as a number and some as text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn of_esms(reply: &Reply, secrets: &[&str], phone: &str) -> Answer {
    let json = reply.json.as_ref().filter(|_| reply.status < 500);
    let Some((json, code)) = json.and_then(|json| Some((json, text_of(&json["CodeResult"])?))) else {
        return reply.by_status();
    };
    let words = said(json["ErrorMessage"].as_str().unwrap_or_default(), secrets, phone);
    let why = format!("eSMS says {code}: {words}").trim_end_matches([':', ' ']).to_owned();
    match code.as_str() {
        // Taken; whether a phone has it only the gateway's callback would say.
        "100" => Answer::Accepted { id: text_of(&json["SMSID"]) },
        "124" => Answer::Duplicate,
        // Login, balance, brand name, address of ours not allowed; the template is the whole channel's too.
        "101" | "103" | "104" | "140" | "146" => Answer::ChannelRefuses { why },
        // Blocked, no number, no carrier.
        "99" | "108" | "177" => Answer::RecipientRefuses { why },
        _ if reply.status == 429 => Answer::Later { after: reply.after, why },
        _ => Answer::Never { why },
    }
}

fn of_speedsms(reply: &Reply, secrets: &[&str], phone: &str) -> Answer {
    let json = reply.json.as_ref().filter(|_| reply.status < 500);
    let Some((json, status)) = json.and_then(|json| Some((json, json["status"].as_str()?))) else {
        return reply.by_status();
    };
    let code = text_of(&json["code"]).unwrap_or_default();
    if status == "success" {
        return Answer::Accepted { id: text_of(&json["data"]["tranId"]) };
    }
    let why = format!("SpeedSMS says {code}: {}", said(json["message"].as_str().unwrap_or_default(), secrets, phone));
    match reply.status {
        401 | 403 => Answer::ChannelRefuses { why },
        429 => Answer::Later { after: reply.after, why },
        // The meanings of its codes have not been established.
        _ => Answer::Never { why },
    }
}

fn of_success(reply: &Reply, success: &Success, secrets: &[&str], phone: &str) -> Answer {
    let Some(json) = &reply.json else { return reply.by_status() };
    let found = json.pointer(&success.pointer).and_then(text_of);
    if found.as_deref() == Some(success.value.as_str()) {
        return Answer::Accepted { id: None };
    }
    let found = said(found.as_deref().unwrap_or("nothing"), secrets, phone);
    Answer::Never { why: format!("the gateway answers {found:?} at {}, not {:?}", success.pointer, success.value) }
}

/// Every place filled in, once: what is put in is not looked into again.
fn filled(template: &str, values: &[(&str, &str)], written: impl Fn(&str) -> String) -> String {
    let mut text = String::with_capacity(template.len() + 200);
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        if let Some((place, value)) = values.iter().find(|(place, _)| rest.starts_with(place)) {
            text.push_str(&written(value));
            rest = &rest[place.len()..];
        } else {
            text.push_str("{{");
            rest = &rest[2..];
        }
    }
    text + rest
}

fn in_url(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// Within the quotes of a JSON string.
fn in_json(value: &str) -> String {
    let quoted = Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

impl Channel for Sms {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(self.post(letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_their_country_code() {
        for (written, number) in [
            ("0900 000 001", Some("84900000001")),
            ("+84 900-000-001", Some("84900000001")),
            ("84900000001", Some("84900000001")),
            ("+82 10 1234 5678", Some("821012345678")),
            ("4242", None),
            ("truc@xa.vn", None),
        ] {
            assert_eq!(phone(written).as_deref(), number, "{written}");
        }
    }

    #[test]
    fn a_template_is_filled_once_and_in_the_manner_of_its_place() {
        let values = [("{{text}}", "6/6 \"cam\" & {{phone}}"), ("{{phone}}", "84900000001")];
        assert_eq!(
            filled("{\"t\":\"{{text}}\",\"p\":{{phone}}} {{x", &values, in_json),
            "{\"t\":\"6/6 \\\"cam\\\" & {{phone}}\",\"p\":84900000001} {{x"
        );
        assert_eq!(filled("?t={{text}}", &values[..1], in_url), "?t=6%2F6+%22cam%22+%26+%7B%7Bphone%7D%7D");
    }
}
