//! E-mail by SMTP (RFC 5321), with what one incident is about in one thread.
//!
//! The `Message-ID` comes from the letter's key, so that mail programs show a mail that came twice once; `References` names
//! the incident (RFC 5322, 3.6.4), and `Auto-Submitted` (RFC 3834) keeps holiday notices from answering.

use std::error::Error as _;
use std::fmt::Write as _;

use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport as _, Tokio1Executor};

use super::super::{Answer, Channel, Letter};
use super::http::{DEADLINE, said};
use crate::inventory::{self, MailTls};

/// Of a mail, which has more room than a chat.
const LONGEST_TEXT: usize = 8000;

pub(super) struct Email {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    secrets: Vec<String>,
}

impl Email {
    /// # Errors
    /// What is wrong, in words.
    pub fn new(settings: &inventory::Email) -> Result<Self, String> {
        let from = settings.from.parse().map_err(|error| format!("from is no mail address ({error})"))?;
        let parameters = || {
            TlsParameters::new_rustls(settings.host.clone()).map_err(|error| format!("TLS cannot be set up ({error})"))
        };
        let tls = match settings.tls {
            MailTls::Implicit => Tls::Wrapper(parameters()?),
            MailTls::StartTls => Tls::Required(parameters()?),
            MailTls::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host.clone())
            .port(settings.port)
            .tls(tls)
            .timeout(Some(DEADLINE));
        let mut secrets = Vec::new();
        if let Some((username, password)) = &settings.login {
            builder = builder.credentials(Credentials::new(username.clone(), password.expose().to_owned()));
            secrets.push(password.expose().to_owned());
        }
        Ok(Self { transport: builder.build(), from, secrets })
    }

    fn mail(&self, letter: &Letter) -> Result<lettre::Message, String> {
        let to: Mailbox = letter.to.parse().map_err(|_| "the address is no mail address".to_owned())?;
        let domain = self.from.email.domain();
        let thread = format!("<{}@{domain}>", id(&letter.thread));
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        lettre::Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(letter.words.subject.as_str())
            .message_id(Some(format!("<{}@{domain}>", id(&letter.key))))
            .in_reply_to(thread.clone())
            .references(thread)
            .raw_header(automatic)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text_with_link(LONGEST_TEXT))
            .map_err(|error| error.to_string())
    }

    async fn deliver(&self, letter: &Letter) -> Answer {
        let mail = match self.mail(letter) {
            Ok(mail) => mail,
            Err(why) => return Answer::RecipientRefuses { why },
        };
        // The transport's own deadline is for each step of the conversation.
        match tokio::time::timeout(DEADLINE, self.transport.send(mail)).await {
            Ok(Ok(response)) => {
                let words = response.message().next().map(|line| said(line, &[], &letter.to));
                Answer::Accepted { id: words.filter(|words| !words.is_empty()) }
            }
            Ok(Err(error)) => self.judge(&error, &letter.to),
            Err(_) => Answer::Later { after: None, why: "no answer in time".to_owned() },
        }
    }

    fn judge(&self, error: &Error, to: &str) -> Answer {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(beneath) = cause {
            let _ = write!(words, ": {beneath}");
            cause = beneath.source();
        }
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        let why = format!("the mail server: {}", said(&words, &secrets, to));
        let code = error.status().map(u16::from);
        // No STARTTLS where it is required, no way to log in, a certificate that does not fit.
        let unusable = code.is_none() && (error.is_client() || error.is_tls());
        match code {
            // Logins, and what wants one (RFC 4954).
            code if unusable || matches!(code, Some(530 | 534 | 535 | 538)) => Answer::ChannelRefuses { why },
            // No such mailbox, none that takes mail (RFC 5321, 4.2.2).
            Some(550 | 551 | 553 | 556) => Answer::RecipientRefuses { why },
            Some(500..) => Answer::Never { why },
            _ => Answer::Later { after: None, why },
        }
    }
}

/// What may stand before the `@` of a message's id.
fn id(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }).collect()
}

impl Channel for Email {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(self.deliver(letter))
    }
}
