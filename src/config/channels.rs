//! What `[[channel]]` means: which keys belong to which kind, and what each kind cannot work without.
//!
//! Tells where a setting would come to light only with the first alarm. Knows nothing of the providers' protocols.

use super::problem::{At, Log, Mark};
use super::raw;
use super::secrets::{Named, Secrets};
use super::value::Provider;
use crate::inventory::{
    BotApi, Channel, ChannelKind, Email, Gateway, MailTls, Method, Sms, Success, Template, Way, Webhook, ZaloOa,
};
use crate::secret::Secret;

use ChannelKind as K;

/// The channel, if nothing that it cannot do without is missing.
pub(super) fn channel(entry: &At<raw::Channel>, secrets: &Secrets, log: &mut Log) -> Option<Channel> {
    let raw = &entry.value;
    let kind = raw.kind?.value;
    keys_belong(raw, kind, log);
    let reader = Reader { raw, entry: entry.mark, secrets };
    let way = match kind {
        K::ZaloBot => reader.bot(log).map(Way::ZaloBot),
        K::Telegram => reader.telegram(log).map(Way::Telegram),
        K::ZaloOa => reader.zalo_oa(log).map(Way::ZaloOa),
        K::Sms => reader.sms(log).map(Way::Sms),
        K::Email => reader.email(log).map(Way::Email),
        K::Webhook => reader.webhook(log).map(Way::Webhook),
    };
    Some(Channel { id: raw.id.as_ref()?.value.clone(), way: way? })
}

/// Tells keys that mean nothing for the kind: they would be believed to work.
fn keys_belong(raw: &raw::Channel, kind: ChannelKind, log: &mut Log) {
    fn at<T>(written: Option<&At<T>>) -> Option<Mark> {
        written.map(|at| at.mark)
    }
    let of_provider = matches!(kind, K::ZaloBot | K::ZaloOa | K::Telegram);
    if let (Some(url), true) = (&raw.url, of_provider) {
        log.problem(url.mark, "url is a key of webhook and email, expected api_base for a provider's API");
    }
    let keys: [(&str, Option<Mark>, &[ChannelKind]); 17] = [
        ("enabled", at(raw.enabled.as_ref()), &[K::Telegram]),
        ("api_base", at(raw.api_base.as_ref()), &[K::ZaloBot, K::ZaloOa, K::Sms, K::Telegram]),
        ("app_id", at(raw.app_id.as_ref()), &[K::ZaloOa]),
        ("secret_file", at(raw.secret_file.as_ref()), &[K::ZaloOa]),
        ("secret_env", at(raw.secret_env.as_ref()), &[K::ZaloOa]),
        ("oauth_base", at(raw.oauth_base.as_ref()), &[K::ZaloOa]),
        ("provider", at(raw.provider.as_ref()), &[K::Sms]),
        ("brand", at(raw.brand.as_ref()), &[K::Sms]),
        ("sandbox", at(raw.sandbox.as_ref()), &[K::Sms]),
        ("sms_type", at(raw.sms_type.as_ref()), &[K::Sms]),
        ("method", at(raw.method.as_ref()), &[K::Sms]),
        ("headers", at(raw.headers.as_ref()), &[K::Sms]),
        ("body", at(raw.body.as_ref()), &[K::Sms]),
        ("success", at(raw.success.as_ref()), &[K::Sms]),
        ("from", at(raw.from.as_ref()), &[K::Email]),
        ("username", at(raw.username.as_ref()), &[K::Email]),
        ("starttls", at(raw.starttls.as_ref()), &[K::Email]),
    ];
    for (key, mark, kinds) in keys {
        if let Some(mark) = mark
            && !kinds.contains(&kind)
        {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
            log.problem(
                mark,
                format!("{key} means nothing for kind \"{kind}\", expected it only with {}", kinds.join(", ")),
            );
        }
    }
}

/// One entry and what its secrets are read with.
struct Reader<'a> {
    raw: &'a raw::Channel,
    entry: Mark,
    secrets: &'a Secrets,
}

impl Reader<'_> {
    /// Tells what is missing, at the entry itself.
    fn lacks(&self, text: &str, log: &mut Log) {
        if !log.is_torn(self.entry.file) {
            log.problem(self.entry, text);
        }
    }

    fn token(&self, required: bool, log: &mut Log) -> Option<Secret> {
        let raw = self.raw;
        let named = Named {
            noun: "token",
            id: raw.id.as_ref().map(|id| id.value.as_str()),
            file: raw.token_file.as_ref(),
            variable: raw.token_env.as_ref(),
            in_the_open: raw.token.is_some(),
            entry: self.entry,
            strict: true,
        };
        self.secrets.find(&named, required, log)
    }

    fn bot(&self, log: &mut Log) -> Option<BotApi> {
        Some(BotApi {
            token: self.token(true, log)?,
            api_base: self.raw.api_base.as_ref().map(|at| at.value.0.clone()),
        })
    }

    /// Off until somebody has read what it means.
    fn telegram(&self, log: &mut Log) -> Option<BotApi> {
        let bot = self.bot(log);
        if !self.raw.enabled.is_some_and(|at| at.value) {
            self.lacks(
                "telegram is off, expected enabled = true once it is clear that messages may not arrive: providers in \
                 Viet Nam were told in 2025 to block it",
                log,
            );
            return None;
        }
        bot
    }

    fn zalo_oa(&self, log: &mut Log) -> Option<ZaloOa> {
        let raw = self.raw;
        let token = self.token(true, log);
        let id = raw.id.as_ref().map(|id| format!("{}-secret", id.value));
        let named = Named {
            noun: "secret",
            id: id.as_deref(),
            file: raw.secret_file.as_ref(),
            variable: raw.secret_env.as_ref(),
            in_the_open: raw.secret.is_some(),
            entry: self.entry,
            strict: true,
        };
        let secret = self.secrets.find(&named, true, log);
        if raw.app_id.is_none() {
            self.lacks("an Official Account needs its app, expected app_id = \"...\" beside secret_file", log);
        }
        Some(ZaloOa {
            app_id: raw.app_id.as_ref()?.value.clone(),
            secret: secret?,
            token: token?,
            api_base: raw.api_base.as_ref().map(|at| at.value.0.clone()),
            oauth_base: raw.oauth_base.as_ref().map(|at| at.value.0.clone()),
        })
    }

    fn sms(&self, log: &mut Log) -> Option<Sms> {
        let raw = self.raw;
        let Some(provider) = &raw.provider else {
            self.lacks("an SMS channel needs its gateway, expected provider = \"esms\", \"speedsms\" or \"http\"", log);
            self.token(false, log);
            return None;
        };
        let provider = provider.value.0?;
        self.provider_keys(provider, log);
        let gateway = match provider {
            Provider::Esms => self.esms(log)?,
            Provider::SpeedSms => Gateway::SpeedSms {
                token: self.token(true, log)?,
                brand: raw.brand.as_ref().map(|at| at.value.clone()),
                sms_type: raw.sms_type.map_or(if raw.brand.is_some() { 3 } else { 2 }, |at| at.value.0),
            },
            Provider::Http => Gateway::Http(self.template(log)?),
        };
        Some(Sms { gateway, api_base: raw.api_base.as_ref().map(|at| at.value.0.clone()) })
    }

    /// Tells keys of one gateway that stand with another.
    fn provider_keys(&self, provider: Provider, log: &mut Log) {
        let raw = self.raw;
        let http = provider == Provider::Http;
        let keys: [(&str, Option<Mark>, bool, &str); 8] = [
            (
                "url",
                raw.url.as_ref().map(|at| at.mark),
                http,
                "provider \"http\"; api_base is another address of a gateway",
            ),
            ("method", raw.method.as_ref().map(|at| at.mark), http, "provider \"http\""),
            ("headers", raw.headers.as_ref().map(|at| at.mark), http, "provider \"http\""),
            ("body", raw.body.as_ref().map(|at| at.mark), http, "provider \"http\""),
            ("success", raw.success.as_ref().map(|at| at.mark), http, "provider \"http\""),
            ("sandbox", raw.sandbox.map(|at| at.mark), provider == Provider::Esms, "provider \"esms\""),
            ("sms_type", raw.sms_type.map(|at| at.mark), provider == Provider::SpeedSms, "provider \"speedsms\""),
            (
                "api_base",
                raw.api_base.as_ref().map(|at| at.mark),
                !http,
                "esms and speedsms; with \"http\" url says all",
            ),
        ];
        for (key, mark, fits, expected) in keys {
            if let (Some(mark), false) = (mark, fits) {
                log.problem(mark, format!("{key} means nothing for this gateway, expected it only with {expected}"));
            }
        }
    }

    fn esms(&self, log: &mut Log) -> Option<Gateway> {
        let token = self.token(true, log);
        if self.raw.brand.is_none() {
            self.lacks("eSMS sends under a registered name, expected brand = \"...\"", log);
        }
        let token = token?;
        let Some((api_key, secret_key)) = token.expose().trim().split_once(':') else {
            let place = self.raw.token_file.as_ref().map(|at| at.mark);
            let place = place.or(self.raw.token_env.as_ref().map(|at| at.mark)).unwrap_or(self.entry);
            log.problem(place, "the token of eSMS is of two parts, expected it as API_KEY:SECRET_KEY");
            return None;
        };
        Some(Gateway::Esms {
            api_key: Secret::new(api_key),
            secret_key: Secret::new(secret_key),
            brand: self.raw.brand.as_ref()?.value.clone(),
            sandbox: self.raw.sandbox.is_some_and(|at| at.value),
        })
    }

    fn template(&self, log: &mut Log) -> Option<Template> {
        let raw = self.raw;
        let token = self.token(false, log);
        let texts = raw.headers.iter().flat_map(|at| &at.value.0).map(|(_, value)| value.value.as_str());
        let url = raw.url.as_ref();
        let all: Vec<&str> = texts
            .chain(url.map(|at| at.value.written.as_str()))
            .chain(raw.body.as_ref().map(|at| at.value.as_str()))
            .collect();
        let Some(url) = url else {
            self.lacks("a gateway of your own needs to know where to, expected url = \"https://...\"", log);
            return None;
        };
        if !url.value.url.scheme().starts_with("http") {
            let scheme = url.value.url.scheme();
            log.problem(url.mark, format!("url has the scheme {scheme:?}, expected http:// or https:// here"));
        }
        for place in ["{{phone}}", "{{text}}"] {
            if !all.iter().any(|text| text.contains(place)) {
                self.lacks(&format!("nothing says where {place} goes, expected it in url, headers or body"), log);
            }
        }
        let method = raw.method.map_or(if raw.body.is_some() { Method::Post } else { Method::Get }, |at| at.value);
        let success = raw.success.as_ref().and_then(|at| {
            let pointer = at.value.pointer.as_ref()?;
            if !pointer.value.starts_with('/') {
                log.problem(
                    pointer.mark,
                    "pointer is no JSON pointer, expected one such as \"/status\" or \"/data/0/code\"",
                );
            }
            Some(Success { pointer: pointer.value.clone(), value: at.value.equals.as_ref()?.value.clone() })
        });
        Some(Template {
            method,
            url: url.value.written.clone(),
            headers: raw
                .headers
                .iter()
                .flat_map(|at| &at.value.0)
                .map(|(name, value)| (name.value.clone(), value.value.clone()))
                .collect(),
            body: raw.body.as_ref().map(|at| at.value.clone()),
            token,
            success,
        })
    }

    fn email(&self, log: &mut Log) -> Option<Email> {
        let raw = self.raw;
        let token = self.token(raw.username.is_some(), log);
        if raw.from.is_none() {
            self.lacks("mail needs a sender, expected from = \"camwatch@xa.example.vn\"", log);
        }
        let Some(url) = &raw.url else {
            self.lacks("mail needs to know its server, expected url = \"smtps://mail.example.vn\"", log);
            return None;
        };
        let tls = match url.value.url.scheme() {
            "smtps" => MailTls::Implicit,
            "smtp" if raw.starttls.is_none_or(|at| at.value) => MailTls::StartTls,
            "smtp" => MailTls::None,
            other => {
                log.problem(url.mark, format!("url has the scheme {other:?}, expected smtp:// or smtps:// here"));
                return None;
            }
        };
        if let (MailTls::None, Some(username)) = (tls, &raw.username) {
            log.problem(
                username.mark,
                "username beside starttls = false would send the password in the open, expected TLS",
            );
        }
        let login = raw.username.as_ref().map(|username| username.value.clone()).zip(token);
        let default = match tls {
            MailTls::Implicit => 465,
            MailTls::StartTls => 587,
            MailTls::None => 25,
        };
        Some(Email {
            host: url.value.url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.value.url.port().unwrap_or(default),
            tls,
            from: raw.from.as_ref()?.value.0.as_ref()?.0.clone(),
            login,
        })
    }

    fn webhook(&self, log: &mut Log) -> Option<Webhook> {
        let token = self.token(false, log);
        let Some(url) = &self.raw.url else {
            self.lacks("a webhook needs to know where to, expected url = \"https://...\"", log);
            return None;
        };
        let scheme = url.value.url.scheme();
        if !scheme.starts_with("http") {
            log.problem(url.mark, format!("url has the scheme {scheme:?}, expected http:// or https:// here"));
            return None;
        }
        Some(Webhook { url: url.value.url.clone(), token })
    }
}
