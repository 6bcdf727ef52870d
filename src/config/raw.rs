//! What was written: every table and key of the schema, with the place of each value.
//!
//! No defaults, no references, no rules between keys: those are the meaning, next door. This file is the list of what
//! an operator can write.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Owner;
use super::problem::At;
use super::read::{Entries, Tried, tables};
use super::value::{
    BcryptHash, ChannelUrl, Count, Degrees, FilePath, Fraction, HttpUrl, InTheOpen, Mailbox, PostgresUrl, Provider,
    RtspUrl, ScopeWord, SqliteUrl, TilesUrl, Weekdays,
};
use crate::inventory::{
    CameraId, ChannelId, ChannelKind, CommuneId, CredentialId, DayTimes, Depth, FundId, FundKind, HostPort, Language,
    Method, MinuteOfDay, OfficerId, RecorderId, RecorderKind, Role, SiteId, TlsPolicy, Transport,
};

/// A list of values, each with its place.
pub(super) type List<T> = Vec<At<T>>;

tables! {
    /// A whole file. Files that hold only inventory may not have the tables of settings.
    Document in "" {
        daemon: Daemon,
        store: Store,
        probe: Probe,
        alert: Alert,
        metrics: Metrics,
        web: Web,
        report: Report,
        commune: List<Commune>,
        site: List<Site>,
        credential: List<Credential>,
        recorder: List<Recorder>,
        fund: List<Fund>,
        camera: List<Camera>,
        maintenance: List<Maintenance>,
        officer: List<Officer>,
        duty: List<Duty>,
        channel: List<Channel>,
    }

    Daemon in "[daemon]" {
        listen: SocketAddr,
        insecure: bool,
        data_dir: FilePath,
        timezone: TimeZone,
        language: Language,
        inventory: List<FilePath>,
        references: List<HostPort>,
    }

    Store in "[store]" {
        url: SqliteUrl,
        keep_observations: Duration,
        forward: PostgresUrl,
    }

    Probe in "[probe]" {
        interval: Duration,
        timeout: Duration,
        confirm: Count<1, 1000>,
        recheck: Duration,
        recover: Count<1, 1000>,
        picture_confirm: Count<1, 1000>,
        depth: Depth,
        picture_interval: Duration,
        metadata_interval: Duration,
        retention_scan: MinuteOfDay,
        clock_tolerance: Duration,
        transport: Transport,
        max_concurrent: Count<1, 100_000>,
        max_concurrent_per_site: Count<1, 100_000>,
    }

    Alert in "[alert]" {
        owner: Owner,
        group_wait: Duration,
        repeat: Duration,
        unknown_after: Duration,
        heartbeat_url: HttpUrl,
        alertmanagers: List<HttpUrl>,
        webhook_token_file: FilePath,
        public_url: HttpUrl,
        ack_expires: Duration,
        digest: MinuteOfDay,
    }

    Metrics in "[metrics]" {
        detail: bool,
    }

    Web in "[web]" {
        tls_server_config: TlsServer,
        basic_auth_users: Entries<BcryptHash>,
        insecure: bool,
        operators: List<String>,
        snapshots: bool,
        tiles: TilesUrl,
        tiles_attribution: String,
    }

    TlsServer in "tls_server_config of [web]" {
        cert_file: FilePath = required,
        key_file: FilePath = required,
        client_ca_file: FilePath,
    }

    Report in "[report]" {
        issuer: String,
        superior: String,
        place: String,
        signer: String,
        signer_title: String,
        sign_mode: String,
        recipients: List<String>,
        basis: List<String>,
        service_life_months: Count<1, 1200>,
        day: Count<1, 28>,
        at: MinuteOfDay,
        email: List<Mailbox>,
        channel: ChannelId,
    }

    Commune in "[[commune]]" {
        id: CommuneId = required,
        name: String = required,
        province: String,
    }

    Site in "[[site]]" {
        id: SiteId = required,
        commune: CommuneId = required,
        village: String,
        name: String = required,
        latitude: Degrees<90>,
        longitude: Degrees<180>,
        gateway: HostPort,
        retention: Duration,
        interval: Duration,
        timeout: Duration,
        depth: Depth,
        transport: Transport,
        picture: bool,
    }

    Credential in "[[credential]]" {
        id: CredentialId = required,
        username: String = required,
        password_file: FilePath,
        password_env: String,
        password: InTheOpen,
    }

    Recorder in "[[recorder]]" {
        id: RecorderId = required,
        site: SiteId = required,
        kind: RecorderKind = required,
        url: HttpUrl = required,
        credential: CredentialId,
        tls: TlsPolicy,
        allow_basic: bool,
        requests_per_minute: Count<1, 6000>,
    }

    Fund in "[[fund]]" {
        id: FundId = required,
        kind: FundKind = required,
        name: String = required,
        amount_vnd: u64,
        language: Language,
        email: List<Mailbox>,
        target_uptime: Fraction,
        page: bool,
        publish_name: bool,
    }

    Camera in "[[camera]]" {
        id: CameraId = required,
        site: SiteId = required,
        name: String = required,
        url: RtspUrl = required,
        substream_url: RtspUrl,
        credential: CredentialId,
        tls: TlsPolicy,
        fund: FundId,
        funds: List<Share>,
        recorder: RecorderId,
        channel: Count<1, 4096>,
        installed: Date,
        retired: Date,
        retention: Duration,
        interval: Duration,
        timeout: Duration,
        depth: Depth,
        transport: Transport,
        picture: bool,
    }

    Share in "funds of [[camera]]" {
        id: FundId = required,
        amount_vnd: u64,
    }

    Maintenance in "[[maintenance]]" {
        scope: ScopeWord = required,
        id: String = required,
        from: Timestamp = required,
        to: Timestamp = required,
        reason: String,
    }

    Officer in "[[officer]]" {
        id: OfficerId = required,
        name: String = required,
        language: Language,
        channels: List<ChannelId>,
        quiet: DayTimes,
        addresses: Entries<String>,
    }

    Duty in "[[duty]]" {
        role: Role = required,
        scope: ScopeWord = required,
        id: String = required,
        timezone: TimeZone,
        week: List<Shift>,
        escalate: List<Escalation>,
        r#override: List<Override>,
    }

    Shift in "week of [[duty]]" {
        days: Weekdays = required,
        from: MinuteOfDay = required,
        to: MinuteOfDay = required,
        officers: List<OfficerId> = required,
    }

    Escalation in "escalate of [[duty]]" {
        after: Duration = required,
        officers: List<OfficerId> = required,
    }

    Override in "override of [[duty]]" {
        from: Timestamp = required,
        to: Timestamp = required,
        officers: List<OfficerId> = required,
    }

    Channel in "[[channel]]" {
        id: ChannelId = required,
        kind: ChannelKind = required,
        token_file: FilePath,
        token_env: String,
        token: InTheOpen,
        api_base: HttpUrl,
        url: ChannelUrl,
        enabled: bool,
        app_id: String,
        secret_file: FilePath,
        secret_env: String,
        secret: InTheOpen,
        oauth_base: HttpUrl,
        provider: Tried<Provider>,
        brand: String,
        sandbox: bool,
        sms_type: Count<1, 9>,
        method: Method,
        headers: Entries<String>,
        body: String,
        success: Success,
        from: Tried<Mailbox>,
        username: String,
        starttls: bool,
    }

    Success in "success of [[channel]]" {
        pointer: String = required,
        equals: String = required,
    }
}
