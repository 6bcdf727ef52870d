//! E-mail by SMTP (RFC 5321), with what one incident is about in one thread.
//!
//! The `Message-ID` comes from the letter's key, so that mail programs show a mail that came twice once; `References` names
//! the incident (RFC 5322, 3.6.4), and `Auto-Submitted` (RFC 3834) keeps holiday notices from answering. Mail with a file
//! goes the same way, through a [`Mailer`].

use std::error::Error as _;
use std::fmt::Write as _;

use std::time::Duration;

use futures_util::future::BoxFuture;
use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{self, Mailbox, Mailboxes, MessageBuilder, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport as _, Tokio1Executor};

use super::super::{Answer, Channel, Letter};
use super::http::{DEADLINE, masked, said};
use crate::inventory::{self, MailTls};

/// Of a mail, which has more room than a chat.
const LONGEST_TEXT: usize = 8000;
/// For a mail with a file, over a slow line.
const FILE_WITHIN: Duration = Duration::from_mins(5);

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

    fn letter(&self, letter: &Letter, to: Mailboxes) -> Result<lettre::Message, String> {
        let thread = format!("<{}@{}>", id(&letter.thread), self.from.email.domain());
        self.head(&letter.key, &letter.words.subject, to)
            .in_reply_to(thread.clone())
            .references(thread)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text_with_link(LONGEST_TEXT))
            .map_err(|error| error.to_string())
    }

    fn mail(&self, mail: Mail, to: Mailboxes) -> Result<lettre::Message, String> {
        let kind = ContentType::parse(mail.file.content_type).map_err(|error| error.to_string())?;
        let file = message::Attachment::new(mail.file.name).body(mail.file.bytes, kind);
        let words = MultiPart::alternative_plain_html(mail.text, mail.html);
        self.head(&mail.key, &mail.subject, to)
            .multipart(MultiPart::mixed().multipart(words).singlepart(file))
            .map_err(|error| error.to_string())
    }

    /// What every mail begins with.
    fn head(&self, key: &str, subject: &str, to: Mailboxes) -> MessageBuilder {
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        lettre::Message::builder()
            .from(self.from.clone())
            .mailbox(header::To::from(to))
            .subject(subject)
            .message_id(Some(format!("<{}@{}>", id(key), self.from.email.domain())))
            .raw_header(automatic)
    }

    /// `addresses` are as the configuration has them: a fund may have several, separated by commas.
    async fn deliver(
        &self,
        addresses: &str,
        within: Duration,
        mail: impl FnOnce(Mailboxes) -> Result<lettre::Message, String>,
    ) -> Answer {
        let Ok(to) = addresses.parse::<Mailboxes>() else {
            return Answer::RecipientRefuses { why: "the address is no mail address".to_owned() };
        };
        let mail = match mail(to.clone()) {
            Ok(mail) => mail,
            Err(why) => return Answer::RecipientRefuses { why },
        };
        // The transport's own deadline is for each step of the conversation.
        match tokio::time::timeout(within, self.transport.send(mail)).await {
            Ok(Ok(response)) => {
                let words = response.message().next().map(|line| without(line, &[], &to));
                Answer::Accepted { id: words.filter(|words| !words.is_empty()) }
            }
            Ok(Err(error)) => self.judge(&error, &to),
            Err(_) => Answer::Later { after: None, why: "no answer in time".to_owned() },
        }
    }

    fn judge(&self, error: &Error, to: &Mailboxes) -> Answer {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(beneath) = cause {
            let _ = write!(words, ": {beneath}");
            cause = beneath.source();
        }
        let secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        let why = format!("the mail server: {}", without(&words, &secrets, to));
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

/// What a server says, without the secrets and the addresses that it may repeat.
fn without(text: &str, secrets: &[&str], addresses: &Mailboxes) -> String {
    let mut text = text.to_owned();
    for one in addresses.iter() {
        let address = one.email.to_string();
        text = text.replace(&address, &masked(&address));
    }
    said(&text, secrets, "")
}

/// What may stand before the `@` of a message's id.
fn id(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }).collect()
}

impl Channel for Email {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(self.deliver(&letter.to, DEADLINE, |to| self.letter(letter, to)))
    }
}

/// A mail with a file, which is no alarm and may take its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// The same for every attempt to send it.
    pub key: String,
    /// One mail address, or several separated by commas.
    pub to: String,
    pub subject: String,
    pub text: String,
    /// The same as `text`.
    pub html: String,
    pub file: File,
}

#[derive(Debug, Clone, PartialEq)]
pub struct File {
    pub name: String,
    /// Such as `application/pdf`.
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// A channel of kind `email`, for mail of that kind.
pub struct Mailer(Email);

impl Mailer {
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn new(settings: &inventory::Email) -> Result<Self, String> {
        Email::new(settings).map(Self)
    }

    /// Ends by itself within five minutes.
    pub async fn send(&self, mail: Mail) -> Answer {
        let to = mail.to.clone();
        self.0.deliver(&to, FILE_WITHIN, |to| self.0.mail(mail, to)).await
    }
}
