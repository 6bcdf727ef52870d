//! The login in a SOAP header: a WS-Security `UsernameToken` with a digest (OASIS, Username Token Profile 1.0).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use sha1::{Digest as _, Sha1};

use super::super::device::Recorder;
use super::super::login::Verdict;
use super::super::options::Login;
use super::super::xml::Node;
use super::OnvifManner;

/// A right digest made at another time than the device's, or seen before, is stale.
pub(super) fn judge(recorder: &Recorder, manner: &OnvifManner, login: &Login, token: &Node) -> Verdict {
    let field = |name: &str| token.value(name).unwrap_or_default();
    let Ok(nonce) = BASE64.decode(field("Nonce")) else { return Verdict::Wrong };
    let mut hash = Sha1::new();
    hash.update(&nonce);
    hash.update(field("Created"));
    hash.update(&login.password);
    let right = field("Username") == login.username && field("Password") == BASE64.encode(hash.finalize());
    if !right {
        return Verdict::Wrong;
    }
    let own = recorder.state().dial.utc(recorder.now());
    let near = field("Created").parse::<Timestamp>().is_ok_and(|created| {
        // Whole seconds on our side: half of one is nobody's fault.
        let apart = created.duration_since(own).abs().as_secs().unsigned_abs();
        apart <= manner.replay_window.as_secs()
    });
    if near && recorder.searches.is_new(&nonce) { Verdict::Right } else { Verdict::Stale }
}
